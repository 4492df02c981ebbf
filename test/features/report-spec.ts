import { eventually } from '../support/poll';
import { Receiver } from '../support/receiver';
import { Service, task } from '../support/service';

describe('A report', () => {
  let service: Service;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start();
    service = await Service.start();
  });
  afterAll(async () => {
    await service.stop();
    await receiver.close();
  });

  const running = async (rest: object = {}) => {
    const { a } = await service.create([task('a', receiver.url('/start'), rest)]);
    await eventually(async () => expect((await service.task(a)).status).toBe('Running'));
    return a;
  };

  it('of success ends the task', async () => {
    const id = await running();
    expect((await service.succeed(id)).status).toBe(200);
    expect(await service.task(id)).toMatchObject({ status: 'Success', failure_reason: null });
  });
});
