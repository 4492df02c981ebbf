import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { task } from '../support/service';

const REQUESTS = 20;

describe('While the database temporarily refuses changes,', () => {
  const receiver = useReceiver();
  const service = useService(ASLEEP);
  beforeAll(async () => {
    await service.query(`
      CREATE SEQUENCE refusal_count;
      CREATE TABLE refusal (code text);
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM nextval('refusal_count'); -- Survives the rollback.
          RAISE EXCEPTION 'could not extend file "base/5/1663"' USING ERRCODE = (SELECT code FROM refusal);
        END $$`);
  });
  afterEach(() => accept());

  const refuse = async (code: string) => {
    await service.query('DELETE FROM refusal');
    await service.query('INSERT INTO refusal VALUES ($1)', [code]);
    await service.query(`
      CREATE TRIGGER refusal BEFORE INSERT OR UPDATE OR DELETE ON task EXECUTE FUNCTION refuse();
      CREATE TRIGGER refusal BEFORE INSERT OR UPDATE OR DELETE ON batch EXECUTE FUNCTION refuse()`);
  };
  const accept = () => service.query('DROP TRIGGER IF EXISTS refusal ON task; DROP TRIGGER IF EXISTS refusal ON batch');
  const refusals = async () =>
    Number((await service.query<{ n: string }>('SELECT last_value AS n FROM refusal_count'))[0].n);
  const isRunning = (id: string) =>
    eventually(async () => expect(await service.task(id)).toMatchObject({ status: 'Running' }));
  const running = async (): Promise<string> => {
    const { a } = await service.create([task('a', receiver.url('/start'))]);
    await isRunning(a);
    return a;
  };

  it.each([
    ['a full disk', '53100'],
    ['too little memory', '53200'],
    ['a limit of its configuration', '53400'],
    ['an unavailable lock', '55P03'],
    ['an object in use', '55006'],
    ['a canceled statement', '57014'],
    ['a server that is starting', '57P03'],
    ['a read-only server', '25006'],
    ['a disk error', '58030'],
    ['repeated deadlocks', '40P01'],
    ['repeated serialization failures', '40001'],
  ])('requests get 503 with Retry-After, and succeed later (%s: %s)', async (_, code) => {
    const a = await running();
    await refuse(code);
    const requests: [string, string, object?][] = [
      ['POST', '/task', [task('b', receiver.url('/start'))]],
      ['PATCH', `/task/${a}`, { status: 'Success' }],
      ['DELETE', `/task/${a}`],
    ];
    for (const [method, path, body] of requests) {
      const answer = await service.call<object>(method, path, body);
      expect({ method, status: answer.status, body: answer.body }).toMatchObject({
        method,
        status: 503,
        body: { status: 503, title: 'Service Unavailable' },
      });
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]$/);
      expect(JSON.stringify(answer.body)).not.toMatch(/base\/|could not/);
    }
    await accept();
    await eventually(async () => expect((await service.call(...requests[0])).status).toBe(201));
    expect((await service.call(...requests[1])).status).toBe(200);
  });

  it.each(['XX001', 'P0001', '23514'])('another error is answered 500 (%s)', async (code) => {
    await refuse(code);
    expect((await service.call('POST', '/task', [task('b', receiver.url('/start'))])).status).toBe(500);
  });

  it('requests that share a transaction are refused together, without being tried one by one', async () => {
    const ids = await Promise.all(Array.from({ length: REQUESTS }, running));
    await refuse('53100');
    const before = await refusals();
    const answers = await Promise.all(ids.map((id) => service.succeed(id)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect((await refusals()) - before).toBeLessThan(REQUESTS / 2);
  });

  it('the answer of a receiver is kept until it can be recorded, and the receiver is called once', async () => {
    let answer!: () => void;
    receiver.reply('/slow', { after: new Promise<void>((resolve) => (answer = resolve)) });
    const { a } = await service.create([task('a', receiver.url('/slow'))]);
    await receiver.waitFor(1, '/slow');
    await refuse('53100');
    const before = await refusals();
    answer();
    await eventually(async () => expect((await refusals()) - before).toBeGreaterThan(1));
    await accept();
    await isRunning(a);
    expect(receiver.received('/slow')).toHaveLength(1);
  });
});
