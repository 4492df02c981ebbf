import { Global, Module } from '@nestjs/common';
import { Database } from './database';
import { Lanes } from './lanes';
import { DatabaseServer } from './server';

@Global()
@Module({ providers: [Database, DatabaseServer, Lanes], exports: [Database, Lanes] })
export class DatabaseModule {}
