import { z } from 'zod';
import { type Documentation, onOff } from './forms';

export const OTLP_PROTOBUF = 'http/protobuf';
export const OTLP_JSON = 'http/json';

/** Declares a variable only to document it: the OpenTelemetry SDK itself reads it from the environment. */
function openTelemetry(description: string, fallback: string, secret = false) {
  return z
    .string()
    .optional()
    .meta({ description, fallback, secret } satisfies Documentation);
}

export const tracing = {
  title: 'Tracing',
  variables: {
    TRACING_ENABLED: onOff(false, 'Record spans and send them to an OpenTelemetry collector (docs/tracing.md).'),
    OTEL_EXPORTER_OTLP_ENDPOINT: openTelemetry('URL of the collector, without /v1/traces.', 'http://localhost:4318'),
    OTEL_EXPORTER_OTLP_HEADERS: openTelemetry(
      'Headers for the collector, as comma-separated name=value pairs.',
      'none',
      true,
    ),
    OTEL_EXPORTER_OTLP_PROTOCOL: z
      .string()
      .default(OTLP_PROTOBUF)
      .meta({ description: `Encoding of spans: ${OTLP_PROTOBUF} or ${OTLP_JSON}.` } satisfies Documentation),
    OTEL_SERVICE_NAME: openTelemetry('Name of this service in traces.', 'hookline'),
    OTEL_RESOURCE_ATTRIBUTES: openTelemetry(
      'Further attributes of this service in traces, as comma-separated name=value pairs.',
      'none',
    ),
    OTEL_TRACES_SAMPLER: openTelemetry('Sampler that selects the traces to record.', 'parentbased_always_on'),
    OTEL_TRACES_SAMPLER_ARG: openTelemetry('Share of traces that parentbased_traceidratio records, 0 to 1.', '1'),
  },
};
