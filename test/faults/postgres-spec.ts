import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/poll';
import { execute } from '../support/postgres';
import { BUILD_MS, builtService } from '../support/process';
import { Proxy } from '../support/proxy';
import { LONG, scaled, TIMEOUT_MS } from './harness/scale';
import { scenario } from './harness/scenario';
import { Server } from './harness/server';
import { PLACES } from './harness/stage';

// What was in flight when the database went away: both replicas, start calls and notifications.
const IN_FLIGHT = 4 * PLACES;
const OUTAGES_SECS = [1, 30, 180];
const MOST_OF_PACE = 0.9;
const ANY_BACKEND = `SELECT pid FROM pg_stat_activity WHERE application_name = 'hookline' LIMIT 1`;
describe('Under load, every promise is kept when PostgreSQL', () => {
  beforeAll(builtService, BUILD_MS);
  let server: Server;
  let proxy: Proxy;
  const own = async (...flags: string[]) => {
    server = await Server.start(...flags);
    proxy = await Proxy.start(server.url);
    return { databaseUrl: proxy.url };
  };
  const remove = async () => {
    await proxy?.cut();
    await server?.remove();
  };

  it(
    'is stopped and started again',
    async () => {
      await scenario('PostgreSQL is stopped', await own(), async (stage) => {
        const [times, secs] = scaled([2, 30], [1, 3]);
        for (let i = 0; i < times; i++) {
          await server.stop();
          await pause(secs * 1000);
          await server.startAgain();
          proxy.leadTo(server.url);
          await stage.recovered();
        }
        return { broken: `${times} × ${secs} s`, mayRepeat: times * IN_FLIGHT };
      }).finally(remove);
    },
    TIMEOUT_MS,
  );

  // The short form has no need of load: database-away-spec.ts.
  if (LONG)
    it(
      'is away for a moment or for minutes, 90 % of the pace is back within 5 s of its return',
      async () => {
        const env = { CIRCUIT_BREAKER_RECOVERY_TIMEOUT_SECS: '30' };
        await scenario('Recovery times after a blip', { ...(await own()), env }, async (stage) => {
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
        }).finally(remove);
      },
      TIMEOUT_MS,
    );

  it(
    'crashes and recovers',
    async () => {
      await scenario('PostgreSQL crashes (immediate shutdown)', await own(), async (stage) => {
        const times = scaled(5, 1);
        for (let i = 0; i < times; i++) {
          await server.crash();
          await server.startAgain();
          proxy.leadTo(server.url);
          await stage.recovered();
          await pause(scaled(3000, 0));
        }
        return { broken: `${times} times`, mayRepeat: times * IN_FLIGHT };
      }).finally(remove);
    },
    TIMEOUT_MS,
  );

  it(
    'crashes and a standby takes over under the same address',
    async () => {
      const setting = await own();
      const standby = await server.standby();
      await scenario('A standby is promoted', setting, async (stage) => {
        await server.crash();
        proxy.leadTo(await standby.promote());
        await stage.recovered();
        const [{ file }] = await stage.query<{ file: string }>('SELECT pg_walfile_name(pg_current_wal_lsn()) AS file');
        expect(file).toMatch(/^00000002/); // Another server writes, on a timeline of its own.
        return { broken: 'once', mayRepeat: IN_FLIGHT };
      })
        .finally(() => standby.remove())
        .finally(remove);
    },
    TIMEOUT_MS,
  );
});
