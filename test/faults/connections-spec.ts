import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { cloneDatabase, execute } from '../support/postgres';
import { useProcesses } from '../support/process';
import { Proxy } from '../support/proxy';
import { PgBouncer } from './harness/pgbouncer';
import { LONG, scaled, TIMEOUT_MS } from './harness/scale';
import { scenario } from './harness/scenario';
import { Server } from './harness/server';
import { SLOTS } from './harness/stage';

// Calls that may be in flight when the database goes away: start calls and notifications of both replicas.
const IN_FLIGHT = 4 * SLOTS;
const TERMINATE = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name LIKE 'hookline%'`;

describe('Under load, every promise is kept when a connection to PostgreSQL', () => {
  useProcesses();
  const bouncer = PgBouncer.version();
  (bouncer ? it : it.skip)(
    `goes through PgBouncer in transaction mode (${bouncer ?? 'not installed'})`,
    async () => {
      const database = await cloneDatabase();
      // Empty, so that the migrations go through PgBouncer too.
      await execute(database.url, 'DROP SCHEMA public CASCADE', 'CREATE SCHEMA public');
      const pgBouncer = await PgBouncer.start(database.url);
      const setting = { databaseUrl: database.url, serviceUrl: pgBouncer.url };
      await scenario('PgBouncer in transaction mode', setting, async (stage) => {
        const times = scaled(3, 1);
        for (let i = 0; i < times; i++) {
          await pause(scaled(5000, 500));
          await pgBouncer.restart(scaled(3000, 0));
          await stage.recovered();
        }
        return { broken: `it is killed, and started again after 3 s, ${times} times`, mayRepeat: times * IN_FLIGHT };
      })
        .finally(() => pgBouncer.remove())
        .finally(() => database.drop());
    },
    TIMEOUT_MS,
  );

  it(
    'is terminated with all others, twice a second',
    () =>
      scenario('Connections are terminated', {}, async (stage) => {
        const times = scaled(60, 5);
        for (let i = 0; i < times; i++) {
          await execute(stage.url, TERMINATE);
          await pause(500);
        }
        await stage.recovered();
        return { broken: `${times} times, 2 a second`, mayRepeat: IN_FLIGHT };
      }),
    TIMEOUT_MS,
  );

  it(
    'cannot be opened, because others use them all',
    async () => {
      const server = await Server.start('max_connections=30');
      const proxy = await Proxy.start(server.url);
      await scenario('Others take all connections', { databaseUrl: proxy.url }, async (stage) => {
        const secs = scaled(20, 3);
        const greedy = await Greedy.over(server.url);
        await pause(secs * 1000);
        const taken = await greedy.letGo();
        await stage.recovered();
        return { broken: `${secs} s`, mayRepeat: IN_FLIGHT, more: `${taken} connections taken` };
      })
        .finally(() => proxy.cut())
        .finally(() => server.remove());
    },
    TIMEOUT_MS,
  );

  // Without scanners, features/open-transaction-spec.ts covers the short form.
  if (LONG)
    it(
      'holds a transaction open beside repeatable-read scans of everything',
      () =>
        scenario('A transaction is held open, beside scanners', {}, async (stage) => {
          const secs = 180;
          const holder = new Client({ connectionString: stage.url });
          await holder.connect();
          await holder.query('BEGIN');
          await holder.query('CREATE TABLE held AS SELECT id FROM task');
          const until = Date.now() + secs * 1000;
          const scans = await Promise.all([scan(stage.url, until), scan(stage.url, until)]);
          await stage.recovered();
          await holder.query('ROLLBACK');
          await holder.end();
          return { broken: `${secs} s`, mayRepeat: 0, more: `${scans[0] + scans[1]} scans` };
        }),
      TIMEOUT_MS,
    );
});

/** Opens every available connection, and terminates those of others to get theirs. */
class Greedy {
  private readonly clients: Client[] = [];
  private stopped = false;
  private taking: Promise<void>;

  static async over(url: string): Promise<Greedy> {
    const greedy = new Greedy();
    const first = await greedy.connect(url);
    await first!.query(TERMINATE);
    greedy.taking = greedy.take(url);
    return greedy;
  }

  /** Returns how many it had. */
  async letGo(): Promise<number> {
    this.stopped = true;
    await this.taking;
    const { length } = this.clients;
    await Promise.all(this.clients.splice(0).map((client) => client.end()));
    return length;
  }

  private async take(url: string): Promise<void> {
    while (!this.stopped) {
      if (await this.connect(url)) continue;
      await this.clients[0].query(TERMINATE);
      await pause(20);
    }
  }

  private async connect(url: string): Promise<Client | undefined> {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
    } catch {
      return undefined; // None is free.
    }
    this.clients.push(client);
    return client;
  }
}

/** Reads all tasks repeatedly, each time in a repeatable-read transaction; returns how often. */
async function scan(url: string, until: number): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  let scans = 0;
  while (Date.now() < until) {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('SELECT sum(success), count(*) FROM task t JOIN task_definition d ON d.id = t.id');
    await client.query('SELECT pg_sleep(0.3), count(*) FROM outbox');
    await client.query('COMMIT');
    scans++;
  }
  await client.end();
  return scans;
}
