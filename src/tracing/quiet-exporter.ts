import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { Logger } from '@nestjs/common';

type Done = Parameters<SpanExporter['export']>[1];

const LOG_FAULTS_EVERY_MS = 60_000;
/** As the SDK knows it; the package that names it is not needed for anything else. */
const SUCCESS = 0;

/** Spans that cannot be delivered are lost, and nothing else is: it is logged, at most once a minute. */
export class QuietExporter implements SpanExporter {
  private readonly logger = new Logger('Tracing');
  private loggedAt = -Infinity;

  constructor(private readonly exporter: SpanExporter) {}

  export(spans: ReadableSpan[], done: Done): void {
    this.exporter.export(spans, ({ code, error }) => {
      if (Number(code) !== SUCCESS) this.warn(spans.length, error);
      done({ code: SUCCESS });
    });
  }

  async shutdown(): Promise<void> {
    await this.exporter.shutdown();
  }

  private warn(spans: number, error?: Error & { code?: string | number }): void {
    if (performance.now() - this.loggedAt < LOG_FAULTS_EVERY_MS) return;
    this.loggedAt = performance.now();
    this.logger.warn(`Spans could not be exported: ${error?.message || error?.code || 'no reason given'}`, { spans });
  }
}
