import type { Tracing } from './tracing';
import { UNTRACED } from './untraced';

/**
 * Tracing as configured. The OpenTelemetry SDK is loaded only where it is switched on, and reads the rest of its
 * configuration from the standard variables itself (docs/tracing.md).
 * @param options `json`: spans are written as JSON, and not as protocol buffers.
 */
export async function startTracing({ enabled, json }: { enabled: boolean; json: boolean }): Promise<Tracing> {
  if (!enabled) return UNTRACED;
  const { OpenTelemetry } = await import('./open-telemetry.js');
  return OpenTelemetry.exporting(json);
}
