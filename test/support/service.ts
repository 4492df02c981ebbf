import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer } from 'node:net';
import { Pool } from 'pg';
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

/** A task in its full form, as far as tests read it. */
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

/** Calls a running service like its clients and receivers. */
export class ServiceClient {
  /** The token to send, if access needs one. */
  token?: string;

  constructor(public url = '') {}

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

  /** Creates tasks, and returns their ids by their local names. */
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
 * The whole service in this process, on a real database and a real port. Every variable can be set as in production.
 * Loops run on wake-ups, so tests wait for what they expect with `eventually`.
 */
export class Service extends ServiceClient {
  app: NestFastifyApplication;
  databaseUrl: string;
  private dropDatabase: () => Promise<void>;
  private queries?: Pool;
  private stopped?: Promise<void>;

  static async start(env?: Record<string, string>, databaseUrl?: string): Promise<Service> {
    const service = new Service();
    await service.start(env, databaseUrl);
    return service;
  }

  /** @param databaseUrl of an existing database, which `stop` keeps. */
  async start(env: Record<string, string> = {}, databaseUrl?: string): Promise<void> {
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
    this.app = await NestFactory.create<NestFastifyApplication>(
      AppModule.forRoot(config, tracing),
      new ServiceAdapter(config.limits, { tracing }),
      { logger: process.env.VERBOSE ? ['error', 'warn', 'log'] : false, abortOnError: false },
    );
    serveOpenApi(this.app, config.basePath);
    await this.app.listen(port, '127.0.0.1');
    this.url = config.hostUrl;
    this.databaseUrl = database.url;
    this.dropDatabase = () => database.drop();
  }

  /** Stops it like SIGTERM, and removes its own database; a second call waits for the first. */
  stop(): Promise<void> {
    return (this.stopped ??= this.end());
  }

  private async end(): Promise<void> {
    const stopped = this.app.close();
    // Otherwise it would wait for connections that `fetch` keeps.
    this.app.getHttpServer().closeIdleConnections();
    await stopped;
    await this.queries?.end();
    this.queries = undefined;
    await this.dropDatabase();
  }

  /** Queries the database for data that no endpoint shows. */
  async query<Row = any>(text: string, values: unknown[] = []): Promise<Row[]> {
    // Tests query often while they wait, so connections are kept; those that end while idle are replaced.
    this.queries ??= new Pool({ connectionString: this.databaseUrl, allowExitOnIdle: true }).on(
      'error',
      () => undefined,
    );
    return (await this.queries.query(text, values)).rows as Row[];
  }
}

/** Returns a provider of the running service, e.g. a loop to call `runOnce` on. */
export const provider = <T>({ app }: Service, type: new (...args: any[]) => T): T => app.get(type, { strict: false });

export const webhook = (url: string, rest: Partial<Action['params']> = {}): Action => ({
  kind: 'Webhook',
  params: { url, verb: 'Post', ...rest },
});

/** Returns a task as clients send it; `rest` has the fields that matter to the test. */
export const task = (id: string, onStartUrl: string, rest: object = {}) => ({
  id,
  name: `Task ${id}`,
  kind: 'test',
  on_start: webhook(onStartUrl),
  ...rest,
});

/** Returns the ids of created tasks in order, from the result of `create`. */
export const idsOf = (created: Record<string, string>): string[] =>
  Object.entries(created).flatMap(([name, id]) => (name === 'batch' ? [] : [id]));

/** Returns the dependencies of a task on required and on optional parents. */
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
