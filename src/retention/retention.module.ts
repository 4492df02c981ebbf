import { Module } from '@nestjs/common';
import { RetentionLoop } from './retention.loop';

@Module({ providers: [RetentionLoop] })
export class RetentionModule {}
