import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { secure } from '../http/security-headers';

/** What has changed: the present form of something. */
export interface Change {
  id: string;
  event: string;
  /** As JSON. */
  data: string;
}

/** Changes, and where to go on from when these have been seen. */
export interface Changes {
  cursor: string;
  items: Change[];
}

/** One listener: server-sent events over an answer that does not end by itself. */
export class EventStream {
  /** Behind what others have been sent: still to be opened, or its connection is full. */
  lagging = true;
  /** Something was sent to others meanwhile. */
  missed = false;
  /** Everything before this has been sent. */
  cursor?: string;
  private opened = false;

  constructor(
    private readonly reply: FastifyReply,
    private readonly since: string | undefined,
  ) {
    this.cursor = since;
  }

  /** The connection. Only it tells reliably that the listener has gone: a pipelined response may end unseen. */
  get socket(): Socket {
    return this.reply.request.raw.socket;
  }

  get isClosed(): boolean {
    return this.socket.destroyed || this.reply.raw.destroyed || this.reply.raw.writableEnded;
  }

  /** Calls `closed` once, when the listener has gone or the response has ended. Must be called while it is open. */
  onClose(closed: () => void): void {
    const emitters = [this.socket, this.reply.raw];
    const once = () => {
      for (const emitter of emitters) emitter.off('close', once);
      closed();
    };
    for (const emitter of emitters) emitter.on('close', once);
  }

  /** Calls `drained` whenever there is room again. */
  onDrain(drained: () => void): void {
    this.reply.raw.on('drain', drained);
  }

  /** @returns whether the connection takes more just now. */
  send({ cursor, items }: Changes): boolean {
    const resumed = this.opened || this.since !== undefined;
    const events = resumed ? items.map(({ event, data }) => format(event, data)) : [];
    if (!this.opened) {
      this.open();
      events.push(format('ready', '{}'));
    }
    this.cursor = cursor;
    if (this.isClosed) return false;
    // Whoever resumes from this number has had all of these: only the last one names it.
    return events.length === 0 || this.reply.raw.write(`${events.join('\n')}id: ${cursor}\n\n`);
  }

  /** Says that it is still alive, and how far it has come. */
  beat(): void {
    if (!this.lagging) this.reply.raw.write(`: heartbeat\nid: ${this.cursor}\n\n`);
  }

  end(): void {
    this.reply.raw.end();
  }

  private open(): void {
    this.opened = true;
    this.reply.hijack();
    secure(this.reply);
    this.reply.raw.writeHead(200, {
      ...(this.reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Proxies that collect answers would hold events back.
      'x-accel-buffering': 'no',
    });
    if (this.reply.request.method === 'HEAD') this.end();
  }
}

const format = (event: string, json: string): string => `event: ${event}\ndata: ${json}\n`;
