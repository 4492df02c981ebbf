import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { eventually } from './poll';

type Value = string | number | boolean;

/** A span as it was exported. */
export interface Exported {
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the first of a trace. */
  readonly parentSpanId?: string;
  readonly attributes: Record<string, Value>;
  /** Of whom it tells besides: trace and span. */
  readonly links: { traceId: string; spanId: string }[];
  readonly error?: { message?: string };
  /** Attributes of the process that it comes from. */
  readonly resource: Record<string, Value>;
}

interface KeyValue {
  key: string;
  value: { stringValue?: string; intValue?: string | number; boolValue?: boolean };
}

interface OtlpSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: KeyValue[];
  links?: { traceId: string; spanId: string }[];
  status: { code?: number; message?: string };
}

interface Export {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

/** An OpenTelemetry collector that is sent spans over HTTP, and keeps them for tests to look at. */
export class Collector {
  readonly spans: Exported[] = [];
  /** Of every export: path, headers and body. */
  readonly exports: { path: string; headers: IncomingHttpHeaders; body: Buffer }[] = [];
  private readonly server = createServer();

  static async start(): Promise<Collector> {
    const collector = new Collector();
    collector.server.on('request', (request, response) => {
      void buffer(request).then((sent) => {
        const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
        collector.exports.push({ path: request.url!, headers: request.headers, body });
        if (request.headers['content-type'] === 'application/json') collector.take(JSON.parse(String(body)) as Export);
        response
          .writeHead(200, { 'content-type': request.headers['content-type'] })
          .end(body.includes('{') ? '{}' : '');
      });
    });
    await once(collector.server.listen(0, '127.0.0.1'), 'listening');
    return collector;
  }

  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be. Holds after `close` too: nobody answers there then. */
  get url(): string {
    return (this.address ??= `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`);
  }
  private address?: string;

  /** The span with these attributes, and this name if it is given, once it has come. */
  span(wanted: { name?: string } & Record<string, Value | undefined>): Promise<Exported> {
    return eventually(() => {
      const [found, ...others] = this.matching(wanted);
      if (found && others.length === 0) return found;
      const names = this.spans.map(({ name }) => name).join(', ');
      throw new Error(`${found ? 'Several' : 'None'} of ${JSON.stringify(wanted)} in: ${names}`);
    });
  }

  /** All spans with these attributes, and this name if it is given, that have come so far. */
  matching({ name, ...attributes }: { name?: string } & Record<string, Value | undefined>): Exported[] {
    return this.spans.filter(
      (span) =>
        (name === undefined || span.name === name) &&
        Object.entries(attributes).every(([key, value]) => span.attributes[key] === value),
    );
  }

  /** Cuts every connection and frees the port. */
  async close(): Promise<void> {
    void this.url;
    const closed = once(this.server.close(), 'close');
    this.server.closeAllConnections();
    await closed;
  }

  private take({ resourceSpans }: Export): void {
    for (const { resource, scopeSpans } of resourceSpans)
      for (const span of scopeSpans.flatMap(({ spans }) => spans))
        this.spans.push({
          name: span.name,
          kind: (['internal', 'internal', 'server', 'client'] as const)[span.kind],
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId || undefined,
          attributes: record(span.attributes),
          links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
          error: span.status.code === 2 ? { message: span.status.message } : undefined,
          resource: record(resource.attributes),
        });
  }
}

const record = (attributes: readonly KeyValue[]): Record<string, Value> =>
  Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, boolValue } }) => [
      key,
      stringValue ?? (intValue === undefined ? boolValue! : Number(intValue)),
    ]),
  );
