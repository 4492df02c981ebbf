import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { Logger, NotFoundException } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config';
import { InvalidRequest } from '../domain/errors';
import { writeJson } from '../domain/exact-number';
import type { Tracing } from '../tracing/tracing';
import { UNTRACED } from '../tracing/untraced';
import { ClientConnections, type ReadTimeouts } from './connections';
import { hostFaultOf } from './host-header';
import { inPieces, isLarge } from './in-pieces';
import { Listener } from './listener';
import { SESSION_PATH } from './open-paths';
import { plainProblem, PROBLEM_TYPE, problemOf, send } from './problem';
import { METHODS, traceRequests } from './request-spans';
import { secure } from './security-headers';

/** Time limits for clients. */
interface Timeouts extends ReadTimeouts {
  /** For sending the headers; not longer than `requestMs`, or Node swaps the two. */
  headersMs: number;
  /** For sending the headers and the body. */
  requestMs: number;
}

/** Enough for the largest body on a slow line; ends requests that trickle in. */
const TIMEOUTS: Timeouts = { headersMs: 60_000, requestMs: 120_000, readMs: 30_000, checkMs: 10_000 };
/** Several times the size of a report within all limits. */
const REPORT_MAX_BYTES = 512 * 1024;
/** More than a token that fits into a header. Bodies of sign-ins are read before the token is known. */
const SIGN_IN_MAX_BYTES = 16 * 1024;
const REPORTS: ReadonlySet<unknown> = new Set(['PATCH', 'PUT']);
/** As long as the headers may be, so that an over-long id gets a 400 as an id, and not a 404 of the router. */
const MAX_PARAM_LENGTH = 16_384;

interface Options {
  timeouts?: Timeouts;
  /** Limit for all large answers together that clients have not read yet. */
  maxUnreadBytes?: number;
  tracing?: Tracing;
}

/** Fastify with time limits for clients, problem documents for all errors, and a graceful end. Bodies: `JsonBodies`. */
export class ServiceAdapter extends FastifyAdapter {
  /** True from the first moment of a shutdown. */
  draining = false;
  /** Listens on the configured addresses. */
  readonly listener: Listener;

  private readonly connections: ClientConnections;

  constructor(
    limits: Pick<Config['limits'], 'payloadBytes'>,
    { timeouts = TIMEOUTS, maxUnreadBytes, tracing = UNTRACED }: Options = {},
  ) {
    super({
      bodyLimit: limits.payloadBytes,
      requestTimeout: timeouts.requestMs,
      routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
      trustProxy: false,
      // Requests that arrive while the server closes are answered like all others.
      return503OnClosing: false,
      frameworkErrors: (error: Error, _request: unknown, reply: FastifyReply) => send(reply, problemOf(error)),
      clientErrorHandler: refuse,
      http: {
        // Node's own answer is no problem document; `hostFaultOf` checks the header.
        requireHostHeader: false,
        headersTimeout: timeouts.headersMs,
        connectionsCheckingInterval: timeouts.checkMs,
      },
    });
    this.listener = new Listener(this.instance);
    this.connections = new ClientConnections(this.instance.server, timeouts, maxUnreadBytes);
    this.instance.server.on('checkExpectation', (request, response) => {
      // Only `100-continue` can be expected; other values are ignored.
      this.instance.server.emit('request', request, response);
    });
    this.instance.setReplySerializer(writeJson);
    traceRequests(this.instance, tracing);
    this.instance.addHook('onRequest', (request, _reply, done) => done(hostFaultOf(request.raw)));
    // After all `onRequest` hooks: a client without access learns nothing else.
    this.instance.addHook('preParsing', (request, _reply, _payload, done) => done(faultOf(request.raw)));
    this.instance.addHook<unknown>('onSend', (request, reply, payload, done) => {
      secure(reply);
      if (this.draining) reply.header('connection', 'close');
      // The rest of an oversized body is read and discarded. If the connection closed, a client that is still sending
      // would see a broken pipe instead of the 413.
      else if (reply.statusCode === 413) reply.removeHeader('connection');
      done(null, isLarge(payload) ? this.inPieces(request, reply, payload) : payload);
    });
    this.instance.addHook('onRoute', (route) => {
      const isReport = REPORTS.has(route.method) && route.url.startsWith('/task/');
      if (isReport) route.bodyLimit = Math.min(limits.payloadBytes, REPORT_MAX_BYTES);
      if (route.url === SESSION_PATH) route.bodyLimit = Math.min(limits.payloadBytes, SIGN_IN_MAX_BYTES);
    });
    this.instance.addHook('preClose', (done) => {
      this.connections.closeIdleConnections();
      done();
    });
  }

  /** Nest's parsers are not wanted: `JsonBodies` registers its own. */
  override registerParserMiddleware(): void {}

  /** Nest calls this before all shutdown hooks (src/shutdown.ts). */
  override beforeClose(): void {
    this.draining = true;
    super.beforeClose();
  }

  /** @throws {Overloaded} */
  private inPieces({ raw: request }: FastifyRequest, reply: FastifyReply, payload: string): Readable {
    const bytes = Buffer.from(payload);
    this.connections.hold(request, reply.raw, bytes.length);
    reply.header('content-length', bytes.length);
    return inPieces(bytes);
  }

  /** Nest calls this when the loops and their calls have ended. */
  override async close(): Promise<void> {
    new Logger('Shutdown').log('Waiting for requests in flight');
    await this.connections.closed();
    await super.close();
  }
}

/** Returns what is wrong with a request for any endpoint. */
function faultOf({ method, url }: IncomingMessage): Error | undefined {
  if (!METHODS.has(method)) return new NotFoundException();
  if (url?.includes('%00')) return new InvalidRequest('The URL must not contain U+0000');
  return undefined;
}

/** Answers a request that is not HTTP, arrived too slowly, or has too large headers. */
function refuse(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }[error.code ?? ''] ?? 400;
  const body = JSON.stringify(plainProblem(status).body);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: ${PROBLEM_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
