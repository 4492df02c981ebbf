import { HttpService } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { WebhookClient } from './client';
import { DeliveryLoop } from './delivery.loop';
import { Outbox } from './outbox';
import { WebhookTransport } from './transport';

@Module({
  providers: [{ provide: HttpService, useFactory: () => new WebhookTransport() }, WebhookClient, Outbox, DeliveryLoop],
  exports: [WebhookClient, Outbox],
})
export class WebhookModule {}
