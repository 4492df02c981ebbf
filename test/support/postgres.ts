import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** A database for one test file. */
export interface TestDatabase {
  readonly url: string;
  /** Removes it and ends its connections. */
  drop(): Promise<void>;
}

/** The server with the migrated template; global-setup.ts passes it to the workers in the environment. */
interface TestServer {
  readonly url: string;
  readonly template: string;
}

const VARIABLE = 'HOOKLINE_TEST_SERVER';

export function announce(server: TestServer): void {
  process.env[VARIABLE] = JSON.stringify(server);
}

function announced(): TestServer {
  const server = process.env[VARIABLE];
  if (!server) throw new Error('There is no test server: run the tests with jest, which starts one.');
  return JSON.parse(server) as TestServer;
}

/** Returns the URL of another database on a server. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs statements one by one, outside of a transaction. */
export async function execute(url: string, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const ATTEMPTS = 10;

/** Copies the files of the migrated template: migrating costs more, and so does a copy by way of the WAL. */
export async function cloneDatabase(): Promise<TestDatabase> {
  const { url, template } = announced();
  const name = `hookline_${randomUUID().replaceAll('-', '')}`;
  for (let attempt = 1; ; attempt++)
    try {
      await execute(url, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
      break;
    } catch (error) {
      // Something still uses the template, e.g. a vacuum; the server has already waited five seconds.
      const busy = (error as { code?: string }).code === '55006';
      if (!busy || attempt === ATTEMPTS) throw error;
    }
  return {
    url: databaseUrl(url, name),
    drop: () => execute(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}
