import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Collector } from '../support/collector';
import { useDatabase, useReceiver } from '../support/fixture';
import { ServiceProcess, useProcesses } from '../support/process';
import { task } from '../support/service';

/** Prints at the end which OpenTelemetry packages were loaded, except the small API that others look for. */
const TELL_LOADED = `process.on('exit', () => {
  const loaded = Object.keys(require.cache).flatMap((path) => path.match(/@opentelemetry\\/(?!api\\b)[\\w-]+/) ?? []);
  process.stdout.write('loaded: ' + [...new Set(loaded)].join(' ') + '\\n');
});`;

describe('A process', () => {
  useProcesses();
  const database = useDatabase();
  const receiver = useReceiver();
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookline-tracing-'));
    writeFileSync(join(folder, 'loaded.cjs'), TELL_LOADED);
  });
  afterEach(() => ServiceProcess.killAll());
  afterAll(() => rmSync(folder, { recursive: true }));

  const loaded = async (env: Record<string, string>) => {
    const preload = join(folder, 'loaded.cjs');
    const service = await ServiceProcess.start({ DATABASE_URL: database.url, ...env }, { preload });
    await service.create([task('a', receiver.url('/start'))]);
    await receiver.waitFor(1, '/start');
    expect(await service.end('SIGTERM')).toBe(0);
    return /^loaded: (.*)$/m.exec(service.log)![1];
  };

  it('loads OpenTelemetry only if TRACING_ENABLED is on', async () => {
    expect(await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url('') })).toBe('');
    const env = { TRACING_ENABLED: '1', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url('') };
    expect(await loaded(env)).toContain('@opentelemetry/sdk-trace-base');
  });

  it('ends regularly while the collector does not answer', async () => {
    receiver.reply('/v1/traces', 'silence');
    const service = await ServiceProcess.start({
      DATABASE_URL: database.url,
      TRACING_ENABLED: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url(''),
      OTEL_EXPORTER_OTLP_TIMEOUT: '600000',
      OTEL_BSP_EXPORT_TIMEOUT: '600000',
      OTEL_BSP_SCHEDULE_DELAY: '20',
    });
    await service.create([task('a', receiver.url('/start'))]);
    await receiver.waitFor(1, '/v1/traces');
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('logs the trace of each line', async () => {
    const collector = new Collector();
    const service = await ServiceProcess.start({
      DATABASE_URL: database.url,
      LOG_LEVEL: 'info',
      TRACING_ENABLED: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '20',
    });
    const { batch } = await service.create([task('a', receiver.url('/start'))]);
    const { traceId, spanId } = await collector.span({ name: 'POST /task' });
    expect(await service.end('SIGTERM')).toBe(0);
    await collector.close();
    expect(service.lines).toContainEqual(
      expect.objectContaining({ message: 'Batch created', batch_id: batch, trace_id: traceId, span_id: spanId }),
    );
    const ready = service.lines.find(({ message }) => String(message).startsWith('Ready on port'));
    expect(ready).toBeDefined();
    expect(ready).not.toHaveProperty('trace_id');
  });
});
