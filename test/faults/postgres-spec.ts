import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/poll';
import { databaseUrl, execute } from '../support/postgres';
import { useProcesses } from '../support/process';
import { Proxy } from '../support/proxy';
import { LONG, scaled, TIMEOUT_MS } from './harness/scale';
import { scenario } from './harness/scenario';
import { Server, type Standby } from './harness/server';
import { SLOTS } from './harness/stage';

// Calls that may be in flight when the database goes away: start calls and notifications of both replicas.
const IN_FLIGHT = 4 * SLOTS;
const OUTAGES_SECS = [1, 30, 180];
const MOST_OF_PACE = 0.9;
const ANY_BACKEND = `SELECT pid FROM pg_stat_activity WHERE application_name = 'hookline' LIMIT 1`;

describe('Under load, every promise is kept when PostgreSQL', () => {
  useProcesses();
  let server: Server;
  let proxy: Proxy;
  let databases = 0;
  beforeAll(async () => void (server = await Server.start()), TIMEOUT_MS);
  afterEach(() => proxy.cut());
  afterAll(() => server.remove());
  /** Creates an empty database on the server, behind a proxy that follows the server to other ports. */
  const setting = async () => {
    const name = `scenario_${++databases}`;
    await execute(server.url, `CREATE DATABASE ${name}`);
    proxy = await Proxy.start(databaseUrl(server.url, name));
    return { databaseUrl: proxy.url };
  };

  // Without load, database-away-spec.ts covers the short form.
  if (LONG)
    it(
      'is stopped and started again',
      async () => {
        await scenario('PostgreSQL is stopped', await setting(), async (stage) => {
          const [times, secs] = [2, 30];
          for (let i = 0; i < times; i++) {
            await server.stop();
            await pause(secs * 1000);
            await server.startAgain();
            proxy.leadTo(server.url);
            await stage.recovered();
          }
          return { broken: `${times} × ${secs} s`, mayRepeat: times * IN_FLIGHT };
        });
      },
      TIMEOUT_MS,
    );

  // Without load, database-away-spec.ts covers the short form.
  if (LONG)
    it(
      'is away for moments or minutes, with 90 % of the pace back within 5 s of its return',
      async () => {
        const env = { CIRCUIT_BREAKER_RECOVERY_TIMEOUT_SECS: '30' };
        // Minutes of load have piled up; working them off took 130 s on two cores.
        const restMs = 300_000;
        await scenario('Recovery times after a blip', { ...(await setting()), env, restMs }, async (stage) => {
          const took: Record<string, number> = {};
          for (const times of ['1st', '2nd', '3rd']) {
            const [{ pid }] = await stage.query<{ pid: number }>(ANY_BACKEND);
            process.kill(pid, 'SIGKILL');
            await eventually(() => execute(server.url, 'SELECT 1'));
            took[`${times} kill -9 of a backend`] = await stage.recovered(Date.now(), MOST_OF_PACE);
          }
          for (const secs of OUTAGES_SECS) {
            await proxy.cut();
            await pause(secs * 1000);
            await proxy.restore();
            took[`${secs} s`] = await stage.recovered(Date.now(), MOST_OF_PACE);
          }
          const all = Object.entries(took);
          expect(all.filter(([, secs]) => secs > 5)).toEqual([]);
          return {
            broken: `${all.length} blips`,
            mayRepeat: all.length * IN_FLIGHT,
            more: all.map(([what, secs]) => `${what}: ${secs.toFixed(1)} s`).join(', '),
          };
        });
      },
      TIMEOUT_MS,
    );

  it(
    'crashes and recovers',
    async () => {
      await scenario('PostgreSQL crashes (immediate shutdown)', await setting(), async (stage) => {
        const times = scaled(5, 1);
        for (let i = 0; i < times; i++) {
          await server.crash();
          await server.startAgain();
          proxy.leadTo(server.url);
          await stage.recovered();
          await pause(scaled(3000, 0));
        }
        return { broken: `${times} times`, mayRepeat: times * IN_FLIGHT };
      });
    },
    TIMEOUT_MS,
  );

  it(
    'crashes and a standby takes over at its address',
    async () => failover(server, await setting(), 'A standby is promoted'),
    TIMEOUT_MS,
  );

  it(
    'crashes and a standby takes over that DATABASE_URL names beside it',
    async () => {
      // The other one now commits only with a standby.
      const another = await Server.start();
      proxy = await Proxy.start(another.url);
      // The standby comes first, so that replicas must pass it over until it is promoted.
      const serviceUrl = ({ host }: Standby) => {
        const { username, password, host: primary } = new URL(another.url);
        return `postgres://${username}:${password}@${host},${primary}/postgres?target_session_attrs=read-write`;
      };
      await failover(another, { databaseUrl: proxy.url }, 'A standby of DATABASE_URL is promoted', serviceUrl).finally(
        () => another.remove(),
      );
    },
    TIMEOUT_MS,
  );

  /** Lets the server crash under load, and promotes its standby. */
  async function failover(
    server: Server,
    { databaseUrl }: { databaseUrl: string },
    name: string,
    serviceUrl: (standby: Standby) => string = () => databaseUrl,
  ): Promise<void> {
    const standby = await server.standby();
    await scenario(name, { databaseUrl, serviceUrl: serviceUrl(standby) }, async (stage) => {
      await server.crash();
      proxy.leadTo(await standby.promote());
      await stage.recovered();
      const [{ file }] = await stage.query<{ file: string }>('SELECT pg_walfile_name(pg_current_wal_lsn()) AS file');
      expect(file).toMatch(/^00000002/); // Another server writes now, on its own timeline.
      return { broken: 'once', mayRepeat: IN_FLIGHT };
    }).finally(() => standby.remove());
  }
});
