import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { LocalServer } from './local-server';
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
  /** Trace and span of its links. */
  readonly links: { traceId: string; spanId: string }[];
  readonly error?: { message?: string };
  /** Resource attributes of the exporting process. */
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

/** An OpenTelemetry collector that receives spans over HTTP and keeps them for tests. */
export class Collector extends LocalServer {
  readonly spans: Exported[] = [];
  /** Path, headers and body of every export. */
  readonly exports: { path: string; headers: IncomingHttpHeaders; body: Buffer }[] = [];

  /** Waits for the span with these attributes, and with this name if it is given. */
  span(wanted: { name?: string } & Record<string, Value | undefined>): Promise<Exported> {
    return eventually(() => {
      const [found, ...others] = this.matching(wanted);
      if (found && others.length === 0) return found;
      const names = this.spans.map(({ name }) => name).join(', ');
      throw new Error(`${found ? 'Several' : 'None'} of ${JSON.stringify(wanted)} in: ${names}`);
    });
  }

  /** Returns all spans so far with these attributes, and with this name if it is given. */
  matching({ name, ...attributes }: { name?: string } & Record<string, Value | undefined>): Exported[] {
    return this.spans.filter(
      (span) =>
        (name === undefined || span.name === name) &&
        Object.entries(attributes).every(([key, value]) => span.attributes[key] === value),
    );
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url, headers } = request;
    const sent = await buffer(request);
    const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    this.exports.push({ path: url!, headers, body });
    if (headers['content-type'] === 'application/json') this.take(JSON.parse(String(body)) as Export);
    response.writeHead(200, { 'content-type': headers['content-type'] }).end(body.includes('{') ? '{}' : '');
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
