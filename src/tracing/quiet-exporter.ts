import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { Logger } from '@nestjs/common';

type Done = Parameters<SpanExporter['export']>[1];

const LOG_FAILURES_EVERY_MS = 60_000;
/** `ExportResultCode.SUCCESS` of @opentelemetry/core, which is not needed otherwise. */
const SUCCESS = 0;

/** Logs failed exports at most once a minute; their spans are lost, which harms nothing else. */
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
    if (performance.now() - this.loggedAt < LOG_FAILURES_EVERY_MS) return;
    this.loggedAt = performance.now();
    this.logger.warn(`Spans could not be exported: ${error?.message || error?.code || 'no reason given'}`, { spans });
  }
}
