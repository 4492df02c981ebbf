import type { Tracing } from './tracing';
import { UNTRACED } from './untraced';

/**
 * Returns the configured `Tracing`. The OpenTelemetry SDK is loaded only if tracing is on; it reads its other settings
 * from the standard variables (docs/tracing.md).
 * @param options `json`: export spans as JSON instead of protocol buffers.
 */
export async function startTracing({ enabled, json }: { enabled: boolean; json: boolean }): Promise<Tracing> {
  if (!enabled) return UNTRACED;
  const { OpenTelemetry } = await import('./open-telemetry.ts');
  return OpenTelemetry.exporting(json);
}
