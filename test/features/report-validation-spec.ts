import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { task } from '../support/service';

const MAX_INT = 2147483647;

interface Problem {
  details: string[];
}

describe('An invalid report is answered 400, changes nothing, and names the field:', () => {
  let id: string;
  const receiver = useReceiver();
  const service = useService();
  beforeAll(async () => {
    const { a } = await service.create([task('a', receiver.url('/start'))]);
    await untilRunning(service, (id = a));
  });
  afterEach(async () => {
    expect(await service.task(id)).toMatchObject({ status: 'Running', success: 0, failures: 0, metadata: null });
  });

  const patch = (id: string, report: unknown) => service.call<Problem>('PATCH', `/task/${id}`, report);

  test.each<[what: string, report: unknown, field: string]>([
    ['failure without a reason', { status: 'Failure' }, 'failure_reason'],
    ['failure with null for a reason', { status: 'Failure', failure_reason: null }, 'failure_reason'],
    ['failure with a number for a reason', { status: 'Failure', failure_reason: 5 }, 'failure_reason'],
    ['success with a reason', { status: 'Success', failure_reason: 'No' }, 'failure_reason'],
    ['a reason alone', { failure_reason: 'No' }, 'failure_reason'],
    ...['Waiting', 'Pending', 'Claimed', 'Running', 'Paused', 'Canceled', 'success', 'Done'].map(
      (status): [string, object, string] => [`the status ${status}`, { status }, 'status'],
    ),
    ['a number as status', { status: 1 }, 'status'],
    ['a negative increment', { new_success: -1 }, 'new_success'],
    ['a negative increment of failures', { new_failures: -1 }, 'new_failures'],
    ['half an item', { new_success: 0.5 }, 'new_success'],
    ['a text for a number', { new_failures: '1' }, 'new_failures'],
    ['a negative expectation', { expected_count: -1 }, 'expected_count'],
    ['an expectation beyond the largest integer', { expected_count: MAX_INT + 1 }, 'expected_count'],
    ['a priority of 1001', { priority: 1001 }, 'priority'],
    ['a priority of -1001', { priority: -1001 }, 'priority'],
    ['more than 64 KiB of metadata', { metadata: 'x'.repeat(65535) }, 'metadata'],
    ['more than 64 KiB of result', { status: 'Success', result: 'x'.repeat(65535) }, 'result'],
    ['a result without a status', { result: 1 }, 'result'],
    ['retry with a success', { status: 'Success', retry: false }, 'retry'],
    ['a text for retry', { status: 'Failure', failure_reason: 'x', retry: 'no' }, 'retry'],
    ['a pause without a status', { retry_after_secs: 1 }, 'retry_after_secs'],
    [
      'a pause of more than a week',
      { status: 'Failure', failure_reason: 'x', retry_after_secs: 604801 },
      'retry_after_secs',
    ],
    ['U+0000 in metadata', { metadata: { a: '\0' } }, 'metadata.a'],
    ['U+0000 in a reason', { status: 'Failure', failure_reason: 'a\0' }, 'failure_reason'],
    ['an array', [{ status: 'Success' }], 'body'],
    ['a text', 'Success', 'body'],
    ['null', null, 'body'],
  ])('%s', async (_, report, field) => {
    const { status, body, headers } = await patch(id, report);
    expect([status, headers.get('content-type')]).toEqual([400, expect.stringContaining('application/problem+json')]);
    expect(body.details).toEqual([expect.stringMatching(new RegExp(`^${field}: `))]);
  });

  test('several faults, each named', async () => {
    const { body } = await patch(id, { status: 'Done', new_success: -1, priority: 1e9, failure_reason: 'x' });
    expect(body.details).toHaveLength(4);
  });

  test('an id that is not a UUID', async () => {
    expect((await patch('17', {})).status).toBe(400);
  });

  test('no body', async () => {
    expect((await patch(id, undefined)).status).toBe(400);
  });
});
