import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { NotFoundException, UnsupportedMediaTypeException } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config';
import { InvalidRequest } from '../domain/errors';
import { writeJson } from '../domain/exact-number';
import type { Tracing } from '../tracing/tracing';
import { UNTRACED } from '../tracing/untraced';
import { LoadShedding } from './load-shedding';
import { Connections, type TakingPatience } from './connections';
import { hostFaultOf } from './host-header';
import { inPieces, isLarge } from './in-pieces';
import { parseBody } from './json-body';
import { Listener } from './listener';
import { plainProblem, type Problem, PROBLEM_TYPE, problemOf, send } from './problem';
import { traceRequests } from './request-spans';
import { secure } from './security-headers';

/** How long a client may take to say what it wants, and to take its answer. */
interface Patience extends TakingPatience {
  /** For the headers alone; no longer than for all of it, or Node takes one for the other. */
  headersMs: number;
  /** For headers and body of one request. */
  requestMs: number;
}

/** Long enough for the largest body on a slow line, and an end to trickling ones. */
const PATIENCE: Patience = { headersMs: 60_000, requestMs: 120_000, takeMs: 30_000, checkMs: 10_000 };
/** Several times what a report within all limits has. A list of reports may be as large as any other body. */
const REPORT_MAX_BYTES = 512 * 1024;
const REPORTS: ReadonlySet<unknown> = new Set(['PATCH', 'PUT']);
/** No path is longer than the headers may be, so that an over-long id is judged as an id and not by the router. */
const MAX_PARAM_LENGTH = 16_384;
/** Others that HTTP knows have no endpoint here, whatever a framework makes of them. */
const METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Says before anything else, and before its body is read, why a request is not to be answered. */
export interface RequestPolicy {
  refusalOf(request: FastifyRequest): Problem | undefined;
}

interface Options {
  guard?: RequestPolicy;
  patience?: Patience;
  backlog?: LoadShedding;
  /** Of large answers that wait to be taken, together. */
  mostUnreadBytes?: number;
  tracing?: Tracing;
}

/** Fastify as this service wants it: JSON bodies only, problem documents even where no handler is reached, a clean end. */
export class ServiceAdapter extends FastifyAdapter {
  /** True from the first moment of a shutdown, while work in flight is still being finished. */
  draining = false;
  /** Where clients connect. */
  readonly listener: Listener;

  private readonly backlog: LoadShedding;
  private readonly connections: Connections;

  constructor(
    limits: Pick<Config['limits'], 'payloadBytes'>,
    { guard, patience = PATIENCE, backlog = new LoadShedding(), mostUnreadBytes, tracing = UNTRACED }: Options = {},
  ) {
    super({
      bodyLimit: limits.payloadBytes,
      requestTimeout: patience.requestMs,
      routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
      trustProxy: false,
      // What still comes while the server closes is answered like everything else.
      return503OnClosing: false,
      frameworkErrors: (error: Error, _request: unknown, reply: FastifyReply) => send(reply, problemOf(error)),
      clientErrorHandler: refuse,
      http: {
        // Node would answer a request without one by itself, in a form of its own.
        requireHostHeader: false,
        headersTimeout: patience.headersMs,
        connectionsCheckingInterval: patience.checkMs,
      },
    });
    this.backlog = backlog;
    this.listener = new Listener(this.instance);
    this.connections = new Connections(this.instance.server, patience, mostUnreadBytes);
    this.instance.server.on('checkExpectation', (request, response) => {
      // Nothing can be expected but `100-continue`, and whoever expects more is answered as if they had not said so.
      this.instance.server.emit('request', request, response);
    });
    this.instance.setReplySerializer(writeJson);
    traceRequests(this.instance, tracing);
    this.instance.addHook('onRequest', (request, _reply, done) => done(hostFaultOf(request.raw)));
    if (guard) {
      this.instance.addHook('onRequest', (request, reply, done) => {
        const refusal = guard.refusalOf(request);
        if (refusal) send(reply, refusal);
        else done();
      });
    }
    this.instance.addHook('onRequest', (request, _reply, done) => done(faultOf(request.raw)));
    this.instance.addHook<unknown>('onSend', (request, reply, payload, done) => {
      backlog.leave(request);
      secure(reply);
      if (this.draining) reply.header('connection', 'close');
      // What is left of an oversized body is read and thrown away: a client that is still sending when the connection
      // closes would be told of a broken pipe, and not of the limit.
      else if (reply.statusCode === 413) reply.removeHeader('connection');
      done(null, isLarge(payload) ? this.inPieces(request, reply, payload) : payload);
    });
    this.instance.addHook('onRoute', (route) => {
      const isReport = REPORTS.has(route.method) && route.url.startsWith('/task/');
      if (isReport) route.bodyLimit = Math.min(limits.payloadBytes, REPORT_MAX_BYTES);
    });
    this.instance.addHook('preClose', (done) => {
      this.connections.close();
      done();
    });
  }

  /** Called by Nest where it would install parsers for JSON and for forms: only JSON is spoken here. */
  override registerParserMiddleware(): void {
    this.instance.removeAllContentTypeParsers();
    this.instance.addContentTypeParser<Buffer>(
      /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i,
      { parseAs: 'buffer' },
      (request, body, done) => {
        try {
          this.backlog.enter(request, body.length);
        } catch (error) {
          return done(error as Error);
        }
        done(null, parseBody(body));
      },
    );
    // Any web page may send a POST of some types without being asked, so not even an empty one of those is taken.
    this.instance.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, ({ method }, body, done) =>
      body.length > 0 || method === 'POST' ? done(new UnsupportedMediaTypeException()) : done(null),
    );
  }

  /** Called by Nest before any shutdown hook. */
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

  /** Called by Nest when all work of its own has ended. */
  override async close(): Promise<void> {
    await this.connections.left();
    await super.close();
  }
}

/** What is wrong with a request whatever it is about. */
function faultOf({ method, url }: IncomingMessage): Error | undefined {
  if (!METHODS.has(method)) return new NotFoundException();
  if (url?.includes('%00')) return new InvalidRequest('The URL must not contain U+0000');
  return undefined;
}

/** Answers what is not even HTTP, or came too slowly or with too much before its body. */
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
