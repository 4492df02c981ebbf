import { useReceiver, useService } from '../support/fixture';
import { task, webhook } from '../support/service';

const telling = (url: string, body?: unknown) => ({ ...webhook(url, { body }), context: true });

describe('The field context of an action', () => {
  const service = useService();
  const receiver = useReceiver();
  const plain = receiver.url('/plain');

  it('is refused where it cannot be, with the name of the field', async () => {
    const { status, body } = await service.call('POST', '/task', {
      tasks: [
        task('a', plain, { on_start: telling(plain, 'text'), on_failure: [telling(plain, {}), telling(plain, [1])] }),
        task('b', plain, { on_start: telling(plain, 1), on_success: [telling(plain, false)] }),
        task('c', plain, { on_start: { ...webhook(plain), context: 1 } }),
      ],
      on_batch_complete: [webhook(plain), telling(plain)],
    });
    expect(status).toBe(400);
    const misfit = 'must not be true if params.body is not an object';
    expect((body.details as string[]).sort()).toEqual([
      'on_batch_complete[1].context: is not allowed: this call is not about a single task',
      `tasks[0].on_failure[1].context: ${misfit}`,
      `tasks[0].on_start.context: ${misfit}`,
      `tasks[1].on_start.context: ${misfit}`,
      `tasks[1].on_success[0].context: ${misfit}`,
      'tasks[2].on_start.context: must be true or false',
    ]);
  });

  it('may be null or false, which changes nothing, and its full form shows whether it has context', async () => {
    const path = '/without';
    const { a } = await service.create([
      task('a', plain, {
        on_start: { ...webhook(receiver.url(path)), context: null },
        on_success: [{ ...webhook(plain, { body: 'text' }), context: false }],
        on_failure: [telling(plain)],
      }),
    ]);
    const [call] = await receiver.waitFor(1, path);
    expect(call.text).toBe('');
    const actions = (await service.task(a)).actions as { context?: true }[];
    expect(actions.map(({ context }) => context)).toEqual([undefined, undefined, true]);
  });
});
