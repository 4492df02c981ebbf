import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer } from 'node:net';
import { Client } from 'pg';
import { AppModule } from '../../src/app.module';
import { loadConfig } from '../../src/config/load';
import type { Action } from '../../src/domain/action';
import type { TaskStatus } from '../../src/domain/task-status';
import { ServiceAdapter } from '../../src/http/adapter';
import { serveOpenApi } from '../../src/http/openapi';
import { startTracing } from '../../src/tracing/start-tracing';
import { cloneDatabase } from './postgres';

export interface Answer<T = any> {
  status: number;
  headers: Headers;
  body: T;
}

/** A task in its full form, as far as tests look at it. */
export interface Task {
  id: string;
  name: string;
  status: TaskStatus;
  batch_id: string;
  success: number;
  failures: number;
  failure_reason: string | null;
  [field: string]: unknown;
}

/** Speaks to a running service as its clients and receivers do. */
export class ServiceClient {
  /** With which it calls, if access is guarded. */
  token?: string;

  constructor(readonly url: string) {}

  async call<T = any>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(this.token && { authorization: `Bearer ${this.token}` }),
      },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : undefined) as T };
  }

  /** Creates tasks and answers them by their local names. */
  async create(tasks: object[] | { tasks: object[] }): Promise<Record<string, string> & { batch: string }> {
    const { status, body, headers } = await this.call<Task[]>('POST', '/task', tasks);
    if (status !== 201) throw new Error(`POST /task answered ${status}: ${JSON.stringify(body)}`);
    const list = (Array.isArray(tasks) ? tasks : tasks.tasks) as { id: string }[];
    const ids = Object.fromEntries(list.map(({ id }, i) => [id, body[i].id]));
    return { ...ids, batch: headers.get('x-batch-id')! };
  }

  async task(id: string): Promise<Task> {
    return (await this.call<Task>('GET', `/task/${id}`)).body;
  }

  report(id: string, report: object): Promise<Answer> {
    return this.call('PATCH', `/task/${id}`, report);
  }

  succeed(id: string): Promise<Answer> {
    return this.report(id, { status: 'Success' });
  }

  fail(id: string, failure_reason = 'It did not work'): Promise<Answer> {
    return this.report(id, { status: 'Failure', failure_reason });
  }
}

/**
 * The whole service in this process, on a real database and a real port. Every variable can be set as in production;
 * loops run on wake-ups, so tests wait for what they expect with `eventually`.
 */
export class Service extends ServiceClient {
  private constructor(
    readonly app: NestFastifyApplication,
    url: string,
    readonly databaseUrl: string,
    private readonly release: () => Promise<void>,
  ) {
    super(url);
  }

  /** @param databaseUrl of a service that is running already, to start a second replica beside it. */
  static async start(env: Record<string, string> = {}, databaseUrl?: string): Promise<Service> {
    const database = databaseUrl ? { url: databaseUrl, drop: () => Promise.resolve() } : await cloneDatabase();
    const port = await freePort();
    const config = loadConfig({
      DATABASE_URL: database.url,
      PORT: String(port),
      LISTEN_ADDRESS: '::',
      LOG_LEVEL: 'error',
      ...env,
    });
    const tracing = await startTracing(config.tracing);
    const app = await NestFactory.create<NestFastifyApplication>(
      AppModule.forRoot(config, tracing),
      new ServiceAdapter(config.limits, { tracing }),
      { logger: process.env.VERBOSE ? ['error', 'warn', 'log'] : false, abortOnError: false },
    );
    serveOpenApi(app, config.basePath);
    await app.listen(port, '127.0.0.1');
    return new Service(app, config.hostUrl, database.url, () => database.drop());
  }

  /** A replica on the same database. */
  replica(env: Record<string, string> = {}): Promise<Service> {
    return Service.start(env, this.databaseUrl);
  }

  /** Stops it as SIGTERM would, and removes the database if it was its own. */
  async stop(): Promise<void> {
    const stopped = this.app.close();
    // Connections that `fetch` keeps would be waited for.
    this.app.getHttpServer().closeIdleConnections();
    await stopped;
    await this.release();
  }

  /** Looks at the database itself, for what no endpoint shows. */
  async query<Row = any>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      return (await client.query(text, values)).rows as Row[];
    } finally {
      await client.end();
    }
  }
}

/** A provider of the running service, e.g. a loop to call `runOnce` on. */
export const provider = <T>({ app }: Service, type: new (...args: any[]) => T): T => app.get(type, { strict: false });

export const webhook = (url: string, rest: Partial<Action['params']> = {}): Action => ({
  kind: 'Webhook',
  params: { url, verb: 'Post', ...rest },
});

/** A task as clients send it; only what a test is about needs to be said. */
export const task = (id: string, onStartUrl: string, rest: object = {}) => ({
  id,
  name: `Task ${id}`,
  kind: 'test',
  on_start: webhook(onStartUrl),
  ...rest,
});

/** The ids of tasks that were created, in their order, from what `create` answered. */
export const idsOf = (created: Record<string, string>): string[] =>
  Object.entries(created).flatMap(([name, id]) => (name === 'batch' ? [] : [id]));

/** Dependencies of a task: on success of those, and on the end of those. */
export const after = (required: string[], optional: string[] = []) => ({
  dependencies: [
    ...required.map((id) => ({ id, requires_success: true })),
    ...optional.map((id) => ({ id, requires_success: false })),
  ],
});

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });
}
