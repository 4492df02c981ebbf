import { Client } from 'pg';
import { cloneDatabase, type TestDatabase } from './postgres';
import { type Changes, Proxy } from './proxy';
import { Receiver } from './receiver';
import { Service } from './service';

/** Environment of a service whose loops run only when a commit or a test wakes them. */
export const ASLEEP = { WORKER_LOOP_INTERVAL_MS: '3600000', WEBHOOK_DELIVERY_INTERVAL_MS: '3600000' };

/**
 * Returns a service that runs during the tests of the enclosing `describe`, on a database of its own or beside another.
 *
 * Jest runs hooks of one kind in the order of their definition: an `afterAll` that needs the service stands before this.
 */
export function useService(env?: Record<string, string>, beside?: Service): Service {
  const service = new Service();
  beforeAll(() => service.start(env, beside?.databaseUrl));
  afterAll(() => service.stop());
  return service;
}

/** Returns a database that exists during the tests of the enclosing `describe`. */
export function useDatabase(): TestDatabase {
  const database = {} as TestDatabase;
  beforeAll(async () => void Object.assign(database, await cloneDatabase()));
  afterAll(() => database.drop());
  return database;
}

/** Returns a database like `useDatabase`, with a connection to it. */
export function useConnectedDatabase(): TestDatabase & { readonly client: Client } {
  const connected = {} as TestDatabase & { client: Client };
  afterAll(() => connected.client.end());
  const database = useDatabase();
  beforeAll(async () => {
    connected.client = new Client({ connectionString: database.url });
    await connected.client.connect();
    Object.assign(connected, database);
  });
  return connected;
}

/** Returns a receiver for the tests of the enclosing `describe`; its URLs are known at once. */
export function useReceiver(): Receiver {
  const receiver = new Receiver();
  afterAll(() => receiver.close());
  return receiver;
}

const steps: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of steps.splice(0).reverse()) await step();
});

/** Registers a step to run after the current test, be it green or not; the latest runs first. */
export function afterTest(step: () => unknown): void {
  steps.push(step);
}

/** Starts a service for the current test, on a database of its own or on the given one. */
export async function startService(env?: Record<string, string>, databaseUrl?: string): Promise<Service> {
  const service = await Service.start(env, databaseUrl);
  afterTest(() => service.stop());
  return service;
}

/** Starts a second replica beside a service for the current test. */
export function startReplica(service: Service, env?: Record<string, string>): Promise<Service> {
  return startService(env, service.databaseUrl);
}

/** Starts a receiver for the current test. */
export function startReceiver(): Receiver {
  const receiver = new Receiver();
  afterTest(() => receiver.close());
  return receiver;
}

/** Creates a database for the current test. */
export async function createDatabase(): Promise<TestDatabase> {
  const database = await cloneDatabase();
  afterTest(() => database.drop());
  return database;
}

/** Starts a proxy for the current test, in front of a new database or the given one. */
export async function startProxy(databaseUrl?: string, changes?: Changes): Promise<Proxy> {
  const proxy = await Proxy.start(databaseUrl ?? (await createDatabase()).url, changes);
  afterTest(() => proxy.cut());
  return proxy;
}

/** Starts a service for the current test that reaches its database through a proxy. */
export async function startBehindProxy(
  env?: Record<string, string>,
  changes?: Changes,
): Promise<{ service: Service; proxy: Proxy }> {
  const proxy = await startProxy(undefined, changes);
  const service = await startService(env, proxy.url);
  // To stop, the service needs its database.
  afterTest(() => proxy.restore());
  return { service, proxy };
}
