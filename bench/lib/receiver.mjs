// The outside world, as cheap as it can be: answers every webhook with 200 over a plain socket, reports each started
// task as done to its handle, and counts what came. It talks to its parent by messages.
import net from 'node:net';
import { Pool } from 'undici';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const REPORT = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"status":"Success"}' };

const counts = { start: 0, success: 0, duplicates: 0, refused: 0 };
const seen = new Set();
let pool;
let awaited = Infinity;

function report(query) {
  const handle = new URL(new URLSearchParams(query).get('handle'));
  pool ??= new Pool(handle.origin, { connections: 64 });
  pool.dispatch(
    { ...REPORT, path: handle.pathname },
    {
      onConnect() {},
      onHeaders(status) {
        if (status !== 200) counts.refused++;
        return true;
      },
      onData: () => true,
      onComplete() {},
      onError() {
        counts.refused++;
      },
    },
  );
}

function saw(target, key) {
  if (seen.has(key)) return void counts.duplicates++;
  seen.add(key);
  const at = target.indexOf('?');
  if (target.startsWith('/start')) {
    counts.start++;
    report(target.slice(at));
  } else if (++counts.success === awaited) {
    process.send({ done: true });
  }
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    let data = rest ? Buffer.concat([rest, chunk]) : chunk;
    let answers = 0;
    for (;;) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) break;
      const head = data.latin1Slice(0, end);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (data.length < end + 4 + length) break;
      saw(head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/')), /\r\nidempotency-key: *([^\r]+)/i.exec(head)[1]);
      data = data.subarray(end + 4 + length);
      answers++;
    }
    rest = data;
    if (answers > 0) socket.write(OK.repeat(answers));
  });
});

process.on('message', (message) => {
  if (message.wait) {
    awaited = message.wait;
    if (counts.success >= awaited) process.send({ done: true });
  }
  if (message.counts) process.send({ counts });
  if (message.reset) {
    seen.clear();
    Object.keys(counts).forEach((name) => (counts[name] = 0));
    awaited = Infinity;
  }
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', 1024, () => process.send({ port: server.address().port }));
