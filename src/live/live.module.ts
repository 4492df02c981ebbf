import { Module } from '@nestjs/common';
import { Live } from './live';
import { LiveController } from './live.controller';

@Module({ controllers: [LiveController], providers: [Live] })
export class LiveModule {}
