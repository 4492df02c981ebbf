import { Collector } from './collector';
import { afterTest, startReceiver, startService } from './fixture';
import type { Receiver } from './receiver';
import type { Service } from './service';

export const TRACED = { TRACING_ENABLED: '1', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };

/** A collector, a receiver, and services that export to the one and call the other. */
interface Traced {
  collector: Collector;
  receiver: Receiver;
  /** Starts a service that exports JSON, unless `env` says otherwise. */
  start: (env?: Record<string, string>) => Promise<Service>;
}

/** Sets up for each test of the enclosing `describe`. */
export function traced(): Traced {
  const all = { start: (env) => startService({ ...TRACED, ...env }) } as Traced;
  beforeEach(() => {
    const environment = { ...process.env };
    afterTest(() => (process.env = environment));
    all.collector = new Collector();
    afterTest(() => all.collector.close());
    all.receiver = startReceiver();
    // The SDK reads the environment of the process.
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = all.collector.origin;
    process.env.OTEL_BSP_SCHEDULE_DELAY = '20';
  });
  return all;
}
