import { Module } from '@nestjs/common';
import { Attempt } from './attempt';
import { CallContext } from './call-context';
import { WebhookClient } from './client';
import { DeliveriesController } from './deliveries.controller';
import { Deliverer } from './deliverer';
import { DeliveryLoop } from './delivery.loop';
import { FindDeliveries } from './find-deliveries';
import { Outbox } from './outbox';
import { Replay } from './replay';
import { RequestBuilder } from './request';
import { TargetPolicy } from './ssrf/target-policy';
import { WebhookTransport } from './transport';

@Module({
  controllers: [DeliveriesController],
  providers: [
    TargetPolicy,
    {
      provide: WebhookTransport,
      useFactory: (policy: TargetPolicy) => new WebhookTransport(policy),
      inject: [TargetPolicy],
    },
    RequestBuilder,
    CallContext,
    WebhookClient,
    Attempt,
    Deliverer,
    Outbox,
    Replay,
    FindDeliveries,
    DeliveryLoop,
  ],
  exports: [WebhookClient, CallContext, Outbox, Deliverer, TargetPolicy],
})
export class WebhookModule {}
