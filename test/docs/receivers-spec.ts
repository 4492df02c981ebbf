import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import type { Call, Reply } from '../support/receiver';
import { freePort, task, webhook } from '../support/service';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const TOKEN = 'a-token-of-this-test';
const file = (name: string) => resolve('examples/receivers', name);

/** An example receiver in one of the languages. */
class Program {
  private output = '';
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text) => (this.output += String(text)));
  }

  static async start(command: string, ...args: string[]): Promise<Program> {
    const port = String(await freePort());
    const env = { PATH: process.env.PATH, PORT: port, WEBHOOK_SIGNING_SECRET: SECRET };
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const program = new Program(child, `http://127.0.0.1:${port}`);
    await eventually(() => fetch(program.url).catch(() => Promise.reject(new Error(program.output))));
    return program;
  }

  /** Returns the lines printed so far about a task. */
  linesAbout(id: string): string[] {
    return this.output.split('\n').filter((line) => line.includes(id));
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exit;
    }
  }
}

const folder = mkdtempSync(join(tmpdir(), 'receivers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function isInstalled(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`${command} is not installed: the example in this language is not tested`);
    return false;
  }
}

/**
 * Compiled as for production; with the compiler cache of the user, only the first time is slow. The service runs in this
 * process, so nothing may block it for long.
 */
async function startGo(): Promise<Program> {
  const program = join(folder, 'receiver');
  await promisify(execFile)('go', ['build', '-o', program, file('receiver.go')]);
  return Program.start(program);
}

const BUILD_MS = 120_000;

const LANGUAGES = [
  {
    language: 'Node',
    installed: true,
    start: () => Program.start(process.execPath, file('receiver.mjs')),
  },
  {
    language: 'Python',
    installed: isInstalled('python3', '--version'),
    start: () => Program.start('python3', '-B', file('receiver.py')),
  },
  { language: 'Go', installed: isInstalled('go', 'version'), start: startGo },
];

for (const { language } of LANGUAGES.filter(({ installed }) => !installed))
  it.skip(`The example of a receiver in ${language}: it is not installed`, () => undefined);

describe.each(LANGUAGES.filter(({ installed }) => installed))('The example of a receiver in $language', ({ start }) => {
  const service = useService({ WEBHOOK_SIGNING_SECRET: SECRET, AUTH_TOKEN: TOKEN });
  service.token = TOKEN;
  const between = useReceiver();
  let program: Program;
  beforeAll(async () => {
    program = await start();
  }, BUILD_MS);
  afterAll(() => program?.stop());

  const planned = (url: string, body: object) => ({
    ...task('a', ''),
    expected_count: 5,
    on_start: webhook(url, { body }),
  });

  /** Repeats a call at the example receiver, with the given parts replaced. */
  async function forward(
    call: Call,
    { headers, text, handle }: Partial<Call> & { handle?: string } = {},
  ): Promise<Reply> {
    const query = new URLSearchParams({ handle: handle ?? call.query.get('handle')! });
    const names = ['content-type', 'idempotency-key', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];
    const own = Object.fromEntries(names.map((name) => [name, String(call.headers[name])]));
    const answer = await fetch(`${program.url}/start?${query}`, {
      method: 'POST',
      headers: { ...own, ...(headers as Record<string, string>) },
      body: text ?? call.text,
    });
    return { status: answer.status, body: await answer.json().catch(() => ({})) };
  }

  /** Returns the call with another body, signed as Hookline signs. */
  function signed({ headers }: Call, text: string): Pick<Call, 'headers' | 'text'> {
    const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
    const what = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`;
    const signature = createHmac('sha256', key).update(what).digest('base64');
    return { headers: { 'webhook-signature': `v1,${signature}` }, text };
  }

  it('does the work, counts its progress and reports the result', async () => {
    const { a } = await service.create([planned(`${program.url}/start`, { items: 5, item_ms: 20 })]);
    await eventually(async () =>
      expect(await service.task(a)).toMatchObject({
        status: 'Success',
        success: 5,
        failures: 0,
        result: { items: 5 },
      }),
    );
  });

  it('reports a failure with its reason', async () => {
    const { a } = await service.create([planned(`${program.url}/start`, { item_ms: 1, fail: 'The disk is full' })]);
    await eventually(async () =>
      expect(await service.task(a)).toMatchObject({ status: 'Failure', failure_reason: 'The disk is full' }),
    );
  });

  it.each<[what: string, fail: string, reason: string | RegExp]>([
    ['blank', ' \n\t\u3000', /without a reason/],
    ['an invisible mark', '\ufeff', /without a reason/],
    ['longer than Hookline takes', 'x'.repeat(70_000), 'x'.repeat(65_536)],
    ['longer than Hookline takes, in the widest characters', '\u{1f600}'.repeat(65_537), '\u{1f600}'.repeat(65_536)],
    ['with U+0000', 'a\0b', 'a\ufffdb'],
    ['with half a character', 'a\ud83d', /^a/],
  ])('reports a failure whose reason is %s', async (_title, fail, reason) => {
    between.reply('/fails', (call) => forward(call, signed(call, JSON.stringify({ item_ms: 1, fail }))));
    const { a } = await service.create([{ ...task('a', ''), on_start: webhook(between.url('/fails')) }]);
    const { failure_reason } = await eventually(async () => {
      const ended = await service.task(a);
      expect(ended.status).toBe('Failure');
      return ended;
    });
    if (reason instanceof RegExp) expect(failure_reason).toMatch(reason);
    // `toBe` would print 65,536 characters.
    else expect(failure_reason === reason).toBe(true);
  });

  it.each([null, [], 'a text', { items: 'many' }])('survives a start call with the body %j', async (body) => {
    const { a } = await service.create([{ ...task('a', ''), on_start: webhook(`${program.url}/start`, { body }) }]);
    await eventually(async () => expect((await service.task(a)).status).toMatch(/Success|Failure/));
    const { b } = await service.create([task('b', `${program.url}/start`)]);
    await eventually(async () => expect(await service.task(b)).toMatchObject({ status: 'Success' }));
  });

  it('works once on a start call that comes twice, and answers both', async () => {
    const answers: Reply[] = [];
    between.reply('/twice', async (call) => {
      for (let time = 0; time < 2; time++) answers.push(await forward(call));
      return answers[1];
    });
    const { a } = await service.create([planned(between.url('/twice'), { items: 5, item_ms: 50 })]);
    await eventually(async () => expect(await service.task(a)).toMatchObject({ status: 'Success', success: 5 }));
    // A receiver that worked twice would print a refused second report.
    expect(answers[0]).toEqual(answers[1]);
    await eventually(() => expect(program.linesAbout(a)).toEqual([`accepted ${a} Success`]));
  });

  it('refuses calls with a wrong signature, an old timestamp or another key', async () => {
    const refusals: Reply[] = [];
    between.reply('/tampered', async (call) => {
      const old = String(Number(call.headers['webhook-timestamp']) - 3600);
      for (const headers of [
        { 'webhook-signature': `v1,${randomBytes(32).toString('base64')}` },
        { 'webhook-signature': '' },
        { 'webhook-timestamp': old },
        { 'webhook-timestamp': 'yesterday' },
        { 'idempotency-key': 'another:start' },
        { 'idempotency-key': 'another:start', 'webhook-id': 'another:start' },
      ])
        refusals.push(await forward(call, { headers }));
      refusals.push(await forward(call, { text: '{"items":1}' }));
      return forward(call);
    });
    const { a } = await service.create([planned(between.url('/tampered'), { items: 2, item_ms: 1 })]);
    await eventually(async () => expect(await service.task(a)).toMatchObject({ status: 'Success', success: 2 }));
    expect(refusals.map((reply) => (reply as { status: number }).status)).toEqual(Array(7).fill(401));
  });

  it('stops when the task is canceled', async () => {
    const { a } = await service.create([planned(`${program.url}/start`, { items: 100_000, item_ms: 20 })]);
    await eventually(async () => expect((await service.task(a)).success).toBeGreaterThan(0));
    expect((await service.call('DELETE', `/task/${a}`)).status).toBe(200);
    await eventually(() => expect(program.linesAbout(a)).toEqual([`canceled ${a}`]));
  });

  it('works on each attempt at a task, and stops when the attempt is over or canceled', async () => {
    const retry = { max_attempts: 2, delay_secs: 0 };
    const { a } = await service.create([
      { ...planned(`${program.url}/start`, { items: 100_000, item_ms: 20 }), retry },
    ]);
    const untilProgress = (attempt: number) =>
      eventually(async () => {
        const task = await service.task(a);
        expect([task.attempt, task.success > 0]).toEqual([attempt, true]);
      });
    await untilProgress(1);
    // As after a timeout, which no receiver is told of.
    await service.call('PATCH', `/task/${a}`, { status: 'Failure', failure_reason: 'Timeout' });
    await eventually(() => expect(program.linesAbout(a)).toEqual([`canceled ${a}`]));
    await untilProgress(2);
    expect((await service.call('DELETE', `/task/${a}`)).status).toBe(200);
    await eventually(() => expect(program.linesAbout(a)).toEqual([`canceled ${a}`, `canceled ${a}:attempt-2`]));
  });

  it('repeats reports that did not arrive, without counting anything twice', async () => {
    const calls: Record<string, number> = { PUT: 0, PATCH: 0 };
    // Every other report gets 503, the first result too.
    between.reply('/reports', async ({ method, text }) => {
      if (++calls[method] % 2 === 1) return { status: 503 };
      await service.call(method, `/task/${id}`, JSON.parse(text));
      return {};
    });
    let id = '';
    between.reply('/elsewhere', (call) => {
      [id] = String(call.headers['idempotency-key']).split(':');
      return forward(call, { handle: between.url('/reports') });
    });
    const { a } = await service.create([planned(between.url('/elsewhere'), { items: 5, item_ms: 20 })]);
    await eventually(async () => expect(await service.task(a)).toMatchObject({ status: 'Success', success: 5 }));
  });

  it('treats a result as delivered when only its answer was lost', async () => {
    let results = 0;
    let id = '';
    between.reply('/lossy', async ({ method, text }) => {
      const { status, body } = await service.call(method, `/task/${id}`, JSON.parse(text));
      return method === 'PATCH' && ++results === 1 ? 'destroy' : { status, body };
    });
    between.reply('/loses', (call) => {
      [id] = String(call.headers['idempotency-key']).split(':');
      return forward(call, { handle: between.url('/lossy') });
    });
    const { a } = await service.create([planned(between.url('/loses'), { items: 1, item_ms: 20 })]);
    await eventually(() => expect(program.linesAbout(a)).toEqual([`refused ${a} Success`]));
    expect(await service.task(a)).toMatchObject({ status: 'Success', success: 1 });
    expect(results).toBe(2);
  });
});
