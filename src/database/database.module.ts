import { Global, Module } from '@nestjs/common';
import { Database } from './database';
import { Lanes } from './lanes';
import { Readers } from './readers';
import { DatabaseServer } from './server';

@Global()
@Module({ providers: [Database, DatabaseServer, Lanes, Readers], exports: [Database, Lanes, Readers] })
export class DatabaseModule {}
