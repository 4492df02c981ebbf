import { Collector } from './collector';
import { Receiver } from './receiver';
import { Service } from './service';

export const TRACED = { TRACING_ENABLED: '1', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };

/** What tests of tracing need: a collector, a receiver, and services that export to the one and call the other. */
export interface Traced {
  collector: Collector;
  receiver: Receiver;
  /** Those that are stopped after the test. */
  services: Service[];
  /** Starts a service that exports JSON, or as `env` says. */
  start: (env?: Record<string, string>) => Promise<Service>;
}

/** Sets up anew for each test of the `describe` that calls this, and takes everything down after it. */
export function traced(): Traced {
  const services: Service[] = [];
  const environment = { ...process.env };
  const all = {
    services,
    start: async (env: Record<string, string> = {}) => {
      const service = await Service.start({ ...TRACED, ...env });
      services.push(service);
      return service;
    },
  } as Traced;
  beforeEach(async () => {
    all.collector = await Collector.start();
    all.receiver = await Receiver.start();
    // The SDK reads the environment of the process.
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = all.collector.url;
    process.env.OTEL_BSP_SCHEDULE_DELAY = '20';
  });
  afterEach(async () => {
    for (const service of services.splice(0)) await service.stop();
    await all.receiver.close();
    await all.collector.close();
    process.env = { ...environment };
  });
  return all;
}
