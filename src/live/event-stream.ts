import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { secure } from '../http/security-headers';

/** A changed task or batch in its current form. */
export interface Change {
  id: string;
  event: string;
  /** The task or batch as JSON. */
  data: string;
}

/** Changes, and the cursor of the next poll. */
export interface Changes {
  cursor: string;
  items: Change[];
}

/** The stream of one listener: server-sent events in an answer that stays open. */
export class EventStream {
  /** Excluded from broadcasts: not opened yet, or its connection is full. */
  lagging = true;
  /** A broadcast went out while it was lagging. */
  missed = false;
  /** All changes before it have been sent. */
  cursor?: string;
  private opened = false;

  constructor(
    private readonly reply: FastifyReply,
    private readonly since: string | undefined,
  ) {
    this.cursor = since;
  }

  /** The connection. Only its end is reliable: that of a pipelined response may go unseen. */
  get socket(): Socket {
    return this.reply.request.raw.socket;
  }

  get isClosed(): boolean {
    return this.socket.destroyed || this.reply.raw.destroyed || this.reply.raw.writableEnded;
  }

  /** Calls `closed` once, when the connection or the response has ended. Must be called while both are open. */
  onClose(closed: () => void): void {
    const emitters = [this.socket, this.reply.raw];
    const once = () => {
      for (const emitter of emitters) emitter.off('close', once);
      closed();
    };
    for (const emitter of emitters) emitter.on('close', once);
  }

  /** Calls `drained` whenever the connection accepts data again. */
  onDrain(drained: () => void): void {
    this.reply.raw.on('drain', drained);
  }

  /** Sends changes. @returns whether the connection accepts more data. */
  send({ cursor, items }: Changes): boolean {
    const resumed = this.opened || this.since !== undefined;
    const events = resumed ? items.map(({ event, data }) => format(event, data)) : [];
    if (!this.opened) {
      this.open();
      events.push(format('ready', '{}'));
    }
    this.cursor = cursor;
    if (this.isClosed) return false;
    // Only the last event has the id: a client that resumes from it has received all of them.
    return events.length === 0 || this.reply.raw.write(`${events.join('\n')}id: ${cursor}\n\n`);
  }

  /** Sends a heartbeat with the current cursor. */
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
    this.reply.headers({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Without it, buffering proxies would hold events back.
      'x-accel-buffering': 'no',
    });
    this.reply.raw.writeHead(200, this.reply.getHeaders() as Record<string, string>);
    if (this.reply.request.method === 'HEAD') this.end();
  }
}

const format = (event: string, json: string): string => `event: ${event}\ndata: ${json}\n`;
