import { Global, Module } from '@nestjs/common';
import { Database } from './database';
import { Coalescers } from './coalescers';
import { Readers } from './readers';
import { DatabaseServer } from './server';

@Global()
@Module({ providers: [Database, DatabaseServer, Coalescers, Readers], exports: [Database, Coalescers, Readers] })
export class DatabaseModule {}
