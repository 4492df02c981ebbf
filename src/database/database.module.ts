import { Global, Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Metrics } from '../metrics/metrics';
import { Breaker } from './breaker';
import { Coalescers } from './coalescers';
import { Connections } from './connections';
import { Database } from './database';
import { DatabasePool } from './pool';
import { Readers } from './readers';
import { DatabaseServer } from './server';
import { Watchdog } from './watchdog';

// With less, a process that is busy refusing requests would take its own slowness for the database's. With more, lost
// packets would delay recovery.
const PROBE_TIMEOUT_MS = 3000;

const breaker = {
  provide: Breaker,
  useFactory: (config: Config, server: DatabaseServer, { database }: Metrics) =>
    new Breaker(
      config.breaker,
      () => server.probe(PROBE_TIMEOUT_MS),
      () => database.rejected(),
    ),
  inject: [CONFIG, DatabaseServer, Metrics],
};

@Global()
@Module({
  providers: [DatabaseServer, breaker, Watchdog, DatabasePool, Connections, Database, Coalescers, Readers],
  exports: [Database, Coalescers, Readers],
})
export class DatabaseModule {}
