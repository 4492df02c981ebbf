import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { startReplica } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { concurrency } from '../support/rules';
import { Scrape } from '../support/scrape';
import { type Task, task, webhook } from '../support/service';
import { TRACED, traced } from '../support/traced';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');
/** Position of the span in a traceparent. */
const SPAN = 2;
const part = (traceparent: unknown, of: number) => String(traceparent).split('-')[of];

describe('Tracing', () => {
  const stage = traced();
  const { start } = stage;

  async function send(url: string, method: string, body: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(url, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status: response.status, body: JSON.parse((await response.text()) || 'null') as Task[] };
  }

  it('follows a task from the request that creates it to the notification of its end', async () => {
    const service = await start();
    const [traceId, client] = [hex(16), hex(8)];
    const created = await send(
      `${service.url}/task`,
      'POST',
      [
        task('a', stage.receiver.url('/start'), {
          on_success: [webhook(stage.receiver.url('/told'), { verb: 'Put' })],
        }),
      ],
      { traceparent: `00-${traceId}-${client}-01`, tracestate: 'rojo=1,congo=t61' },
    );
    const [{ id, batch_id }] = created.body;
    const [started] = await stage.receiver.waitFor(1, '/start');
    await untilRunning(service, id);
    // As a traced receiver reports, with the span that it was given.
    const { status } = await send(
      `${service.url}/task/${id}`,
      'PATCH',
      { status: 'Success' },
      {
        traceparent: started.headers.traceparent as string,
      },
    );
    expect(status).toBe(200);
    const [told] = await stage.receiver.waitFor(1, '/told');

    const request = await stage.collector.span({ name: 'POST /task' });
    expect(request).toMatchObject({ kind: 'server', traceId, parentSpanId: client });
    expect(request.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/task',
      'url.path': '/task',
      'url.scheme': 'http',
      'http.response.status_code': 201,
      'hookline.batch.id': batch_id,
    });
    const creation = await stage.collector.span({ name: 'flush creation' });
    expect(creation).toMatchObject({ kind: 'client', traceId, parentSpanId: request.spanId, links: [] });
    expect(creation.attributes).toMatchObject({ 'db.system.name': 'postgresql', 'hookline.flush.items': 1 });

    const call = await stage.collector.span({ name: 'POST start' });
    expect(call).toMatchObject({ kind: 'client', traceId, parentSpanId: request.spanId });
    const { port } = new URL(stage.receiver.url(''));
    expect(call.attributes).toEqual({
      'http.request.method': 'POST',
      'url.full': stage.receiver.url('/start'),
      'server.address': '127.0.0.1',
      'server.port': Number(port),
      'http.response.status_code': 200,
      'hookline.trigger': 'start',
      'hookline.task.id': id,
      'hookline.task.attempt': 1,
      'hookline.idempotency_key': `${id}:start`,
      'hookline.attempt': 1,
    });
    expect(started.headers).toMatchObject({
      traceparent: `00-${traceId}-${call.spanId}-01`,
      tracestate: 'rojo=1,congo=t61',
    });

    const report = await stage.collector.span({ name: 'PATCH /task/{id}' });
    expect(report).toMatchObject({ kind: 'server', traceId, parentSpanId: call.spanId });
    expect(report.attributes).toMatchObject({
      'http.route': '/task/{id}',
      'url.path': `/task/${id}`,
      'http.response.status_code': 200,
      'hookline.task.id': id,
    });
    const flushes = () => stage.collector.matching({ name: 'flush reports' });
    await eventually(() => expect(flushes().some(({ parentSpanId }) => parentSpanId === report.spanId)).toBe(true));

    const notification = await stage.collector.span({ name: 'PUT end' });
    expect(notification).toMatchObject({ kind: 'client', traceId, parentSpanId: request.spanId });
    expect(notification.attributes).toMatchObject({ 'hookline.idempotency_key': `${id}:end:success` });
    expect(part(told.headers.traceparent, SPAN)).toBe(notification.spanId);
  });

  it('starts a trace for a request without one, and for all that results', async () => {
    const service = await start();
    const { a } = await service.create([task('a', stage.receiver.url('/start'))]);
    const request = await stage.collector.span({ name: 'POST /task' });
    expect(request.parentSpanId).toBeUndefined();
    const call = await stage.collector.span({ 'hookline.idempotency_key': `${a}:start` });
    expect(call).toMatchObject({ traceId: request.traceId, parentSpanId: request.spanId });
  });

  it('gives each attempt a span in the trace of the creating request', async () => {
    const service = await start({ WEBHOOK_RETRY_BACKOFF_BASE_SECS: '0' });
    stage.receiver.reply('/told', { status: 503 }, {});
    const { a } = await service.create([
      task('a', stage.receiver.url('/start'), { on_success: [webhook(stage.receiver.url('/told'))] }),
    ]);
    await untilRunning(service, a);
    await service.succeed(a);
    const calls = await stage.receiver.waitFor(2, '/told');
    const attempts = await Promise.all(
      [1, 2].map((n) => stage.collector.span({ name: 'POST end', 'hookline.attempt': n, 'hookline.task.id': a })),
    );
    const request = await stage.collector.span({ name: 'POST /task' });
    expect(attempts).toMatchObject([
      {
        traceId: request.traceId,
        attributes: { 'http.response.status_code': 503, 'error.type': '503' },
        error: { message: 'Webhook answered 503' },
      },
      { traceId: request.traceId, attributes: { 'http.response.status_code': 200, 'http.request.resend_count': 1 } },
    ]);
    expect(attempts[1].error).toBeUndefined();
    expect(calls.map(({ headers }) => part(headers.traceparent, SPAN))).toEqual(attempts.map(({ spanId }) => spanId));
  });

  it('records refused requests, with no more than their route', async () => {
    const service = await start({ AUTH_TOKEN: 'a token that is not presented'.replaceAll(' ', '-') });
    await service.call('GET', '/batches?search=mine');
    expect(await stage.collector.span({ name: 'GET /batches' })).toMatchObject({
      attributes: { 'http.response.status_code': 401 },
    });
    await service.call('GET', '/nowhere/my-secret');
    expect((await stage.collector.span({ name: 'GET' })).attributes).toEqual({
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'http.response.status_code': expect.any(Number),
    });
  });

  it('links a flush to up to 32 of its requests, and makes none of them its parent', async () => {
    const service = await start();
    const { a } = await service.create([task('a', stage.receiver.url('/start'))]);
    await untilRunning(service, a);
    const other = new Client({ connectionString: service.databaseUrl });
    await other.connect();
    await other.query('BEGIN');
    await other.query('SELECT FROM task WHERE id = $1 FOR UPDATE', [a]);
    const count = () => service.call('PUT', `/task/${a}`, { new_success: 1 });
    const first = count();
    const blocked = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await eventually(async () => expect(await service.query(blocked)).toHaveLength(1));
    const others = Array.from({ length: 40 }, count);
    await eventually(async () => expect((await Scrape.of(service)).sum('hookline_increments_waiting')).toBe(40));
    await other.query('COMMIT');
    await other.end();
    for (const { status } of await Promise.all([first, ...others])) expect(status).toBe(202);

    const flush = await stage.collector.span({ name: 'flush counters', 'hookline.flush.items': 40 });
    expect(flush.parentSpanId).toBeUndefined();
    const requests = await eventually(() => {
      const found = stage.collector.matching({ name: 'PUT /task/{id}' });
      expect(found).toHaveLength(41);
      return found;
    });
    expect(flush.links).toHaveLength(32);
    const ids = requests.map(({ traceId, spanId }) => ({ traceId, spanId }));
    expect(ids).toEqual(expect.arrayContaining(flush.links));
    const lone = await stage.collector.span({ name: 'flush counters', 'hookline.flush.items': 1 });
    expect(requests.map(({ spanId }) => spanId)).toContain(lone.parentSpanId);
  });

  it('records iterations that did work, with their queries, and no others', async () => {
    const service = await start({ WORKER_LOOP_INTERVAL_MS: '5', WEBHOOK_DELIVERY_INTERVAL_MS: '5' });
    const iterations = async (loop: string) =>
      (await Scrape.of(service)).sum('hookline_loop_iteration_duration_seconds_count', { loop });
    await eventually(async () => {
      for (const loop of ['start', 'timeout', 'stale-claims', 'delivery'])
        expect(await iterations(loop)).toBeGreaterThan(20);
    });
    const { a } = await service.create([task('a', stage.receiver.url('/start'))]);
    const claim = await stage.collector.span({ name: 'loop start' });
    const { traceId, spanId } = await stage.collector.span({ name: 'POST /task' });
    expect(claim).toMatchObject({ attributes: { 'hookline.loop.items': 1 }, links: [{ traceId, spanId }] });
    expect(claim.parentSpanId).toBeUndefined();
    const inside = stage.collector.spans.filter((span) => span.traceId === claim.traceId && span !== claim);
    expect(inside).toContainEqual(
      expect.objectContaining({ name: 'task-claim-next', kind: 'client', parentSpanId: claim.spanId }),
    );
    await untilRunning(service, a);
    expect(stage.collector.spans.filter(({ name }) => name.startsWith('loop '))).toEqual([claim]);
    // An empty iteration records no queries either.
    const first = stage.collector.spans
      .filter(({ parentSpanId }) => parentSpanId === undefined)
      .map(({ name }) => name);
    expect(first.filter((name) => !/^(GET|POST) |^loop start$/.test(name))).toEqual([]);
    await service.stop();
    const known = new Set([undefined, ...stage.collector.spans.map((span) => span.spanId)]);
    expect(stage.collector.spans.filter(({ parentSpanId }) => !known.has(parentSpanId))).toEqual([]);
  });

  it('links the iteration that finds a task with rules to the request that created it', async () => {
    const service = await start();
    const { a } = await service.create([{ ...task('a', stage.receiver.url('/start')), rules: [concurrency('work')] }]);
    await untilRunning(service, a);
    const { traceId, spanId } = await stage.collector.span({ name: 'POST /task' });
    expect(await stage.collector.span({ name: 'loop start' })).toMatchObject({ links: [{ traceId, spanId }] });
  });

  it('never records secrets in URLs, headers and bodies, or a token', async () => {
    const token = 'the-token-of-the-service';
    const service = await start({
      AUTH_TOKEN: token,
      WEBHOOK_SIGNING_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
    });
    service.token = token;
    const base = stage.receiver.url('/start').replace('//', '//name-secret:word-secret@');
    const secretive = (path: string) =>
      webhook(base.replace('/start', path) + '?key=query-secret#fragment-secret', {
        headers: { 'x-key': 'header-secret' },
        body: { key: 'body-secret' },
      });
    const { a } = await service.create([
      task('a', base, {
        on_start: secretive('/start'),
        on_failure: [secretive('/told')],
        metadata: { key: 'metadata-secret' },
      }),
    ]);
    const [{ query }] = await stage.receiver.waitFor(1, '/start');
    await untilRunning(service, a);
    const handle = query.get('handle')!;
    const handleToken = new URL(handle).searchParams.get('token')!;
    // A receiver that encodes the whole handle requests a path that holds the token.
    await fetch(handle.replace('?', '%3F'));
    await fetch(`${service.url}/${encodeURIComponent(handleToken)}`);
    await fetch(handle.replace('token=', 'token=wrong-secret'));
    await send(handle, 'PATCH', { status: 'Failure', failure_reason: 'reason-secret' });
    await stage.receiver.waitFor(1, '/told');
    await stage.collector.span({ name: 'POST end' });
    await stage.collector.span({ name: 'PATCH /task/{id}' });
    await service.call('GET', '/task?name=search-secret');
    await stage.collector.span({ name: 'GET /task' });
    const all = stage.collector.exports.map(({ body }) => String(body)).join('\n');
    expect(all).toContain(a);
    expect(all).toContain(stage.receiver.url('/told'));
    expect(all).not.toMatch(/secret/);
    for (const secret of [token, handleToken, handleToken.split('.')[2]]) expect(all).not.toContain(secret);
  });

  it('records the kind of a database error, and not the data', async () => {
    const service = await start();
    await service.query(`ALTER TABLE task_definition ADD CONSTRAINT test CHECK (name <> 'Task refused')`);
    await service.call('POST', '/task', [task('refused', stage.receiver.url('/start'))]);
    const flush = await stage.collector.span({ name: 'flush creation' });
    expect(flush).toMatchObject({ attributes: { 'error.type': '23514' }, error: {} });
    expect(flush.error!.message ?? '').toBe('');
    expect(await stage.collector.span({ name: 'POST /task' })).toMatchObject({
      attributes: { 'error.type': '500', 'http.response.status_code': 500 },
      error: {},
    });
  });

  it('covers calls of tasks that were created without it', async () => {
    const service = await start({ WORKER_ENABLED: '0', TRACING_ENABLED: '0' });
    const { a } = await service.create([task('a', stage.receiver.url('/start'))]);
    await startReplica(service, TRACED);
    const [{ headers }] = await stage.receiver.waitFor(1, '/start');
    const call = await stage.collector.span({ 'hookline.idempotency_key': `${a}:start` });
    expect(call.parentSpanId).toBeUndefined();
    expect(part(headers.traceparent, SPAN)).toBe(call.spanId);
  });
});
