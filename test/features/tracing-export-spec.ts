import { randomBytes } from 'node:crypto';
import { Collector, type Exported } from '../support/collector';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { Receiver } from '../support/receiver';
import { after, Service, task, webhook } from '../support/service';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

describe('The export of spans', () => {
  let collector: Collector;
  let receiver: Receiver;
  const services: Service[] = [];
  const environment = { ...process.env };
  beforeEach(async () => {
    collector = await Collector.start();
    receiver = await Receiver.start();
    // The SDK reads the environment of the process.
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
    process.env.OTEL_BSP_SCHEDULE_DELAY = '20';
  });
  afterEach(async () => {
    for (const service of services.splice(0)) await service.stop();
    await receiver.close();
    await collector.close();
    process.env = { ...environment };
  });

  const start = async (env: Record<string, string> = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }) => {
    const service = await Service.start({ TRACING_ENABLED: '1', ...env });
    services.push(service);
    return service;
  };

  describe('is configured by the standard variables:', () => {
    const one = async (): Promise<Exported> => {
      const service = await start();
      await service.call('GET', '/batches');
      return collector.span({ name: 'GET /batches' });
    };

    it('by default, the service is called hookline', async () => {
      expect((await one()).resource).toMatchObject({ 'service.name': 'hookline' });
    });

    it('OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS', async () => {
      process.env.OTEL_SERVICE_NAME = 'orchestrator';
      process.env.OTEL_RESOURCE_ATTRIBUTES = 'deployment.environment.name=staging';
      process.env.OTEL_EXPORTER_OTLP_HEADERS = 'x-tenant=mine';
      const { resource } = await one();
      expect(resource).toMatchObject({ 'service.name': 'orchestrator', 'deployment.environment.name': 'staging' });
      expect(collector.exports[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-tenant': 'mine' } });
    });

    it('OTEL_TRACES_SAMPLER, whose choice is passed on with the trace', async () => {
      process.env.OTEL_TRACES_SAMPLER = 'parentbased_always_off';
      const service = await start();
      await service.create([task('off', receiver.url('/off'))]);
      const [traceId, body] = [hex(16), [task('on', receiver.url('/on'))]];
      const headers = { 'content-type': 'application/json', traceparent: `00-${traceId}-${hex(8)}-01` };
      await fetch(`${service.url}/task`, { method: 'POST', body: JSON.stringify(body), headers });
      const [[off], [on]] = [await receiver.waitFor(1, '/off'), await receiver.waitFor(1, '/on')];
      expect(off.headers.traceparent).toMatch(/-00$/);
      expect(on.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-.{16}-01$`));
      await collector.span({ name: 'POST start' });
      expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    });

    it('OTEL_EXPORTER_OTLP_PROTOCOL: unless it is http/json, spans are written as protocol buffers', async () => {
      const service = await start({});
      await service.call('GET', '/batches');
      await eventually(() =>
        expect(collector.exports.map(({ body }) => String(body)).join()).toContain('GET /batches'),
      );
      expect(collector.exports[0].headers['content-type']).toBe('application/x-protobuf');
    });
  });

  describe('harms nothing', () => {
    const everything = async (service: Service) => {
      const told = [webhook(receiver.url('/told'))];
      const { a, b } = await service.create([
        task('a', receiver.url('/start')),
        task('b', receiver.url('/start'), { ...after(['a']), on_success: told }),
      ]);
      await untilRunning(service, a);
      expect((await service.succeed(a)).status).toBe(200);
      await untilRunning(service, b);
      expect((await service.succeed(b)).status).toBe(200);
      await receiver.waitFor(1, '/told');
    };

    it('when the collector is away', async () => {
      await collector.close();
      process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '500';
      await everything(await start());
      collector = await Collector.start();
    });

    it('and what was recorded by the end is sent', async () => {
      process.env.OTEL_BSP_SCHEDULE_DELAY = '600000';
      const service = await start();
      await service.call('GET', '/batches');
      expect(collector.exports).toEqual([]);
      await services.pop()!.stop();
      expect(collector.matching({ name: 'GET /batches' })).toHaveLength(1);
    });
  });
});
