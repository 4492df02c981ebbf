import { Module } from '@nestjs/common';
import { ExpiredKeysLoop } from './expired-keys.loop';
import { Idempotency } from './idempotency';

@Module({ providers: [Idempotency, ExpiredKeysLoop], exports: [Idempotency] })
export class IdempotencyModule {}
