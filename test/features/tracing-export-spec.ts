import { randomBytes } from 'node:crypto';
import { Collector, type Exported } from '../support/collector';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { after, Service, task, webhook } from '../support/service';
import { traced } from '../support/traced';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

describe('The export of spans', () => {
  const stage = traced();
  const { start } = stage;

  describe('is configured by', () => {
    const one = async (): Promise<Exported> => {
      const service = await start();
      await service.call('GET', '/batches');
      return stage.collector.span({ name: 'GET /batches' });
    };

    it('default, with the service name hookline', async () => {
      expect((await one()).resource).toMatchObject({ 'service.name': 'hookline' });
    });

    it('OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS', async () => {
      process.env.OTEL_SERVICE_NAME = 'orchestrator';
      process.env.OTEL_RESOURCE_ATTRIBUTES = 'deployment.environment.name=staging';
      process.env.OTEL_EXPORTER_OTLP_HEADERS = 'x-tenant=mine';
      const { resource } = await one();
      expect(resource).toMatchObject({ 'service.name': 'orchestrator', 'deployment.environment.name': 'staging' });
      expect(stage.collector.exports[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-tenant': 'mine' } });
    });

    it('OTEL_TRACES_SAMPLER, whose decision is passed on', async () => {
      process.env.OTEL_TRACES_SAMPLER = 'parentbased_always_off';
      const service = await start();
      await service.create([task('off', stage.receiver.url('/off'))]);
      const [traceId, body] = [hex(16), [task('on', stage.receiver.url('/on'))]];
      const headers = { 'content-type': 'application/json', traceparent: `00-${traceId}-${hex(8)}-01` };
      await fetch(`${service.url}/task`, { method: 'POST', body: JSON.stringify(body), headers });
      const [[off], [on]] = [await stage.receiver.waitFor(1, '/off'), await stage.receiver.waitFor(1, '/on')];
      expect(off.headers.traceparent).toMatch(/-00$/);
      expect(on.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-.{16}-01$`));
      await stage.collector.span({ name: 'POST start' });
      expect(new Set(stage.collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    });

    it('OTEL_EXPORTER_OTLP_PROTOCOL, with protocol buffers as its default', async () => {
      const service = await start({ OTEL_EXPORTER_OTLP_PROTOCOL: '' });
      await service.call('GET', '/batches');
      await eventually(() =>
        expect(stage.collector.exports.map(({ body }) => String(body)).join()).toContain('GET /batches'),
      );
      expect(stage.collector.exports[0].headers['content-type']).toBe('application/x-protobuf');
    });
  });

  describe('never disturbs the service', () => {
    const everything = async (service: Service) => {
      const told = [webhook(stage.receiver.url('/told'))];
      const { a, b } = await service.create([
        task('a', stage.receiver.url('/start')),
        task('b', stage.receiver.url('/start'), { ...after(['a']), on_success: told }),
      ]);
      await untilRunning(service, a);
      expect((await service.succeed(a)).status).toBe(200);
      await untilRunning(service, b);
      expect((await service.succeed(b)).status).toBe(200);
      await stage.receiver.waitFor(1, '/told');
    };

    it('while the collector is unreachable', async () => {
      await stage.collector.close();
      process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '500';
      await everything(await start());
      stage.collector = new Collector();
    });

    it('and includes the last spans when that stops', async () => {
      process.env.OTEL_BSP_SCHEDULE_DELAY = '600000';
      const service = await start();
      await service.call('GET', '/batches');
      expect(stage.collector.exports).toEqual([]);
      await service.stop();
      expect(stage.collector.matching({ name: 'GET /batches' })).toHaveLength(1);
    });
  });
});
