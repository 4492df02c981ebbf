import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** A database of a test file's own. */
export interface TestDatabase {
  readonly url: string;
  /** Removes it, and ends whatever is still connected. */
  drop(): Promise<void>;
}

/** The server and the migrated template on it; global-setup.ts tells the workers through the environment. */
export interface TestServer {
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

/** The same server and account, another database. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs statements one by one on a connection of their own; for those that cannot stand in a transaction. */
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

/** A fresh copy of the migrated template: cheaper than migrating, and no test file sees another's rows. */
export async function cloneDatabase(): Promise<TestDatabase> {
  const { url, template } = announced();
  const name = `hookline_${randomUUID().replaceAll('-', '')}`;
  for (let attempt = 1; ; attempt++)
    try {
      await execute(url, `CREATE DATABASE ${name} TEMPLATE ${template}`);
      break;
    } catch (error) {
      // Something still looks at the template, a vacuum for instance. The server has waited five seconds for it already.
      const busy = (error as { code?: string }).code === '55006';
      if (!busy || attempt === ATTEMPTS) throw error;
    }
  return {
    url: databaseUrl(url, name),
    drop: () => execute(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}
