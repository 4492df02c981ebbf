const webhook = (path: string, body?: unknown) => ({
  kind: 'Webhook',
  params: { url: `https://worker.example.com${path}`, verb: 'Post', ...(body === undefined ? {} : { body }) },
});

const build = {
  id: 'build',
  name: 'Build the app',
  kind: 'build',
  timeout: 600,
  on_start: webhook('/build', { branch: 'main' }),
};
const deploy = {
  id: 'deploy',
  name: 'Deploy it',
  kind: 'deploy',
  metadata: { project: 'shop' },
  dependencies: [{ id: 'build', requires_success: true }],
  on_start: webhook('/deploy'),
  on_success: [webhook('/deployed')],
  on_failure: [webhook('/not-deployed')],
};
const imported = {
  id: 'import',
  name: 'Import the feed',
  kind: 'import',
  retry: { max_attempts: 5, delay_secs: 30 },
  run_at: '2026-01-06T03:00:00+01:00',
  on_start: webhook('/import'),
};

/** Example requests in the API explorer. */
export const CREATE_EXAMPLES = {
  chain: { summary: 'Two tasks, one after the other', value: [build, deploy] },
  batch: {
    summary: 'Two tasks with a scope and a completion webhook',
    value: { tasks: [build, deploy], scope: 'release-2026-01', on_batch_complete: [webhook('/released')] },
  },
  retries: { summary: 'A task that starts later and is retried', value: [imported] },
};

/** Example requests that add tasks to a batch, in the API explorer. */
export const ADD_EXAMPLES = {
  fan: {
    summary: 'Two tasks that a waiting task of the batch waits for as well',
    value: ['page-1', 'page-2'].map((id) => ({
      id,
      name: `Import ${id}`,
      kind: 'import',
      on_start: webhook('/import', { page: id }),
      before: [{ id: 'publish', requires_success: true }],
    })),
  },
};
