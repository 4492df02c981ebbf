import { HttpService } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { WebhookClient } from './client';
import { DeliveriesController } from './deliveries.controller';
import { DeliveryLoop } from './delivery.loop';
import { Outbox } from './outbox';
import { WebhookTransport } from './transport';

@Module({
  controllers: [DeliveriesController],
  providers: [{ provide: HttpService, useFactory: () => new WebhookTransport() }, WebhookClient, Outbox, DeliveryLoop],
  exports: [WebhookClient, Outbox],
})
export class WebhookModule {}
