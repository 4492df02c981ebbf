import { type ClientRequest, request } from 'node:http';
import { Controller, Get, Post, Put } from '@nestjs/common';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client } from 'pg';
import { ServiceAdapter } from '../../src/http/adapter';
import { LoadShedding } from '../../src/http/load-shedding';
import { JsonBody } from '../../src/http/params';
import { useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { httpApp } from '../support/http-app';
import { eventually } from '../support/poll';
import { type Answer, ServiceClient, task } from '../support/service';

const KIB = 1024;
const LIMIT_BYTES = 16 * KIB * KIB;

/** Holds requests until the gate opens, then returns their bodies. */
@Controller()
class HeldController {
  gate = new Gate();
  held = 0;

  @Get()
  read() {
    return {};
  }

  @Post()
  create(@JsonBody() body: object) {
    return this.hold(body);
  }

  @Put()
  count(@JsonBody() body: object) {
    return this.hold(body);
  }

  private async hold(body: object) {
    this.held++;
    await this.gate.opened;
    this.held--;
    return body;
  }
}

const statuses = (answers: Answer[]) => answers.map(({ status }) => status);
const refusal = {
  status: 503,
  body: {
    type: 'about:blank',
    title: 'Service Unavailable',
    status: 503,
    error: 'Too many requests are waiting',
  },
};

describe('Requests in progress', () => {
  let app: NestFastifyApplication;
  let held: HeldController;
  let client: ServiceClient;
  beforeEach(async () => {
    app = await httpApp(HeldController, {
      adapter: new ServiceAdapter({ payloadBytes: 5000 }),
      loadShedding: new LoadShedding({ PUT: 1 }, { requests: 2, bytes: 1000 }),
    });
    held = app.get(HeldController);
    client = new ServiceClient(await app.getUrl());
  });
  afterEach(async () => {
    held.gate.open();
    await app.close();
  });

  /** Sends a request, and resolves when it is held; its answer is added to `answers`. */
  const answers: Promise<Answer>[] = [];
  const hold = async (method: string, body: object = { n: 1 }) => {
    const before = held.held;
    answers.push(client.call(method, '/', body));
    await eventually(() => expect(held.held).toBe(before + 1));
  };
  const release = async () => {
    held.gate.open();
    return statuses(await Promise.all(answers.splice(0)));
  };

  it('have a limit for each method; the next one gets 503 with Retry-After, other methods do not', async () => {
    await hold('POST');
    await hold('POST');
    const refused = await client.call('POST', '/', { n: 1 });
    expect(refused).toMatchObject(refusal);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    await hold('PUT');
    expect((await client.call('GET', '/')).status).toBe(200);
    expect(await release()).toEqual([201, 201, 200]);
    expect((await client.call('POST', '/', { n: 1 })).status).toBe(201);
  });

  it('can have a limit of their own for one method', async () => {
    for (let i = 0; i < 3; i++) await hold('PUT');
    expect(await client.call('PUT', '/', { n: 1 })).toMatchObject(refusal);
    expect(await release()).toEqual([200, 200, 200]);
  });

  it('have a limit for the sum of their bodies, apart from the last one', async () => {
    await hold('POST');
    await hold('POST', { text: 'x'.repeat(3000) });
    expect(await release()).toEqual([201, 201]);
    held.gate = new Gate();
    await hold('POST', { text: 'x'.repeat(1000) });
    expect(await client.call('POST', '/', { n: 1 })).toMatchObject(refusal);
    expect(await release()).toEqual([201]);
  });

  it('count until they are done, even when their clients are gone', async () => {
    const leave = async () => {
      const before = held.held;
      const leaving: ClientRequest = request(client.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      leaving.on('error', () => undefined).end('{}');
      await eventually(() => expect(held.held).toBe(before + 1));
      const left = new Promise((resolve) => leaving.once('close', resolve));
      leaving.destroy();
      await left;
    };
    await leave();
    await leave();
    expect(await client.call('POST', '/', {})).toMatchObject(refusal);
    held.gate.open();
    await eventually(async () => expect((await client.call('POST', '/', {})).status).toBe(201));
    expect(held.held).toBe(0);
  });

  it('do not include unreadable requests and those without an endpoint', async () => {
    for (let i = 0; i < 3; i++) {
      expect((await client.call('POST', '/nowhere', {})).status).toBe(404);
      const headers = { 'content-type': 'application/json' };
      const malformed = await fetch(client.url, { method: 'POST', body: '{', headers });
      expect(malformed.status).toBe(400);
    }
    await hold('POST');
    expect(await release()).toEqual([201]);
  });
});

describe('A flood while the database is blocked', () => {
  const service = useService();
  const receiver = useReceiver();

  /** Runs `work` while the task table is locked. */
  const whileLocked = async (work: () => Promise<void>) => {
    const client = new Client({ connectionString: service.databaseUrl });
    await client.connect();
    await client.query('BEGIN; LOCK TABLE task IN ACCESS EXCLUSIVE MODE');
    await work().finally(() => client.end());
  };
  const runningTask = async () => {
    const { a } = await service.create([task('a', receiver.url('/'))]);
    await eventually(async () => expect((await service.task(a)).status).toBe('Running'));
    return a;
  };
  /** Sends these requests, and resolves when the expected number is refused. */
  const flood = async (count: number, bytes: number, send: () => Promise<Answer>) => {
    const refused: Answer[] = [];
    const all = Array.from({ length: count }, async () => {
      const answer = await send();
      if (answer.status === 503) refused.push(answer);
      return answer;
    });
    const fitting = Math.ceil(LIMIT_BYTES / bytes);
    await eventually(() => expect(refused).toHaveLength(count - fitting), { timeoutMs: 20_000 });
    for (const answer of refused) expect(answer).toMatchObject(refusal);
    return { answers: Promise.all(all), fitting };
  };

  it('of creations is refused beyond a limit, reports are not, and all accepted ones are carried out', async () => {
    const id = await runningTask();
    const metadata = 'm'.repeat(60 * KIB);
    const tasks = Array.from({ length: 64 }, (_, i) => task(`t${i}`, receiver.url('/'), { metadata }));
    const tasksThere = async () => Number((await service.query('SELECT count(*) FROM task'))[0].count);
    const before = await tasksThere();
    let answers!: Promise<Answer[]>;
    let fitting!: number;
    let report!: Promise<Answer>;
    await whileLocked(async () => {
      ({ answers, fitting } = await flood(12, JSON.stringify(tasks).length, () =>
        service.call('POST', '/task', tasks),
      ));
      report = service.succeed(id);
      expect((await service.call('GET', '/live')).status).toBe(200);
    });
    expect(statuses(await answers).filter((status) => status === 201)).toHaveLength(fitting);
    expect((await report).status).toBe(200);
    expect(await tasksThere()).toBe(before + fitting * tasks.length);
    expect((await service.call('POST', '/task', tasks)).status).toBe(201);
  });

  it('of reports is refused beyond a limit, creations are not, and all accepted ones count', async () => {
    const id = await runningTask();
    const report = { new_success: 1, metadata: 'm'.repeat(60 * KIB) };
    let answers!: Promise<Answer[]>;
    let fitting!: number;
    let creation!: Promise<Answer>;
    await whileLocked(async () => {
      ({ answers, fitting } = await flood(600, JSON.stringify(report).length, () => service.report(id, report)));
      creation = service.call('POST', '/task', [task('b', receiver.url('/'))]);
      expect((await service.call('GET', '/live')).status).toBe(200);
    });
    expect(statuses(await answers).filter((status) => status === 200)).toHaveLength(fitting);
    expect((await creation).status).toBe(201);
    expect((await service.task(id)).success).toBe(fitting);
  });
});
