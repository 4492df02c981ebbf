const DONE = '01a20385-0579-772d-b781-92370a992fbd';
const FAILED = '01a20385-0579-772d-b781-92370a992fbe';
const UNKNOWN = '01a20385-0579-772d-b781-92370a992fbf';

/** Examples of the body of `PATCH /task`. */
export const REPORTS_EXAMPLE = {
  results: {
    summary: 'Results of three tasks',
    value: [
      { id: DONE, status: 'Success', new_success: 10, result: { rows: 10 } },
      { id: FAILED, attempt: 2, status: 'Failure', failure_reason: 'The disk is full' },
      { id: UNKNOWN, status: 'Success' },
    ],
  },
  handles: {
    summary: 'A receiver that only has handles',
    value: [{ id: DONE, token: '1.1798761600.AaIDhQV5dy23gZI3CpkvvQ.PvVn0…', status: 'Success' }],
  },
};

/** Examples of the body of `PUT /task`. */
export const INCREMENTS_EXAMPLE = {
  progress: {
    summary: 'Progress of two tasks',
    value: [
      { id: DONE, new_success: 5 },
      { id: FAILED, attempt: 2, new_success: 3, new_failures: 1 },
    ],
  },
};

/** Example of an answer to `PATCH /task`. */
export const RESULTS_EXAMPLE = {
  results: [
    { id: DONE, status: 200 },
    {
      id: FAILED,
      status: 409,
      error: 'Attempt 2 is not the current one, which is attempt 3',
      current_attempt: 3,
      current_status: 'Running',
    },
    { id: UNKNOWN, status: 404, error: `Task ${UNKNOWN} not found` },
  ],
};
