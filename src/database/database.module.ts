import { Global, Module } from '@nestjs/common';
import { Database } from './database';
import { DatabaseServer } from './server';

@Global()
@Module({ providers: [Database, DatabaseServer], exports: [Database] })
export class DatabaseModule {}
