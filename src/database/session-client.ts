import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Client, type ClientConfig, Connection } from 'pg';
import type { Candidates } from './candidates';
import { StandbyRefused } from './faults';
import type { Settings } from './session-settings';

declare module 'pg' {
  interface Client {
    /** The startup parameters. */
    getStartupConf(): Record<string, string>;
    /** The id of the session's process in the server; a pooler makes one up. */
    processID: number | null;
    readonly _activeQuery: unknown;
    readonly _sentQueryQueue: unknown[];
    readonly _queryQueue: unknown[];
  }
  interface ClientConfig {
    connection?: Connection;
  }
  interface Connection {
    ssl: boolean | ConnectionOptions;
    connect(port: number, host: string): void;
    attachListeners(stream: Socket): void;
    on(event: 'parameterStatus', listener: (message: ParameterStatus) => void): this;
    upgradeToSSL(host: string, onError: (error: Error) => void): void;
  }
}

/** Tells the value of a setting: at the start of a session, and when it changes. */
interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

export interface SessionConfig extends ClientConfig {
  readonly candidates: Candidates;
  readonly settings: Settings;
  /** Returns the TLS options for a new client, or false for none. */
  readonly tls: () => ConnectionOptions | false;
  /** A server without TLS is accepted. */
  readonly tlsOptional: boolean;
}

/** Bounds the making of a connection; a caller waits longer for a busy one. */
const MAX_CONNECT_MS = 3000;
const MAX_END_MS = 1000;

/**
 * A client whose sessions start with given settings, on a primary. pg itself passes on only a few settings and knows one
 * host, and TypeORM creates the pool.
 */
export class SessionClient extends Client {
  private readonly settings: Settings;
  private readonly onFailure: () => void;
  private onStandby = false;

  constructor(config: SessionConfig) {
    const ssl = config.tls();
    const connection = ssl && config.tlsOptional ? new OptionalTls(config, ssl) : undefined;
    const { candidates, password } = config;
    const candidate = candidates.current;
    const connectionTimeoutMillis = Math.min(config.connectionTimeoutMillis || MAX_CONNECT_MS, MAX_CONNECT_MS);
    // pg-pool makes the password non-enumerable, so the spread leaves it out.
    super({ ...config, ...candidate, password, ssl, connection, connectionTimeoutMillis });
    this.settings = config.settings;
    this.onFailure = () => candidates.ruleOut(candidate);
    // Servers say this before a session begins, so that it costs no round trip.
    this.connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      if (parameterName === 'in_hot_standby') this.onStandby = parameterValue === 'on';
    });
  }

  /** Returns the number of bytes received from the server so far. */
  get bytesRead(): number {
    return (this.connection.stream as Socket).bytesRead;
  }

  /** Data is still on its way to the server, as far as this process can tell. */
  get isSending(): boolean {
    return (this.connection.stream as Socket).writableLength > 0;
  }

  /** The server owes an answer. */
  get isWaiting(): boolean {
    return Boolean(this._activeQuery) || this._sentQueryQueue.length > 0 || this._queryQueue.length > 0;
  }

  /** Breaks the connection without telling the server; running queries are rejected. */
  abandon(): void {
    this.connection.stream.destroy();
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  /** Connects to the current candidate, which must be a primary; a failure makes the next client try the next one. */
  override connect(callback?: (error: Error) => void): Promise<this> | void {
    if (!callback)
      return new Promise((done, fail) => this.connect((error?: Error) => (error ? fail(error) : done(this))));
    super.connect((fault: Error | null) => {
      const error = fault ?? (this.onStandby ? new StandbyRefused(this.host, this.port) : null);
      if (error) this.onFailure();
      if (this.onStandby) this.end().catch(() => undefined);
      callback(error!);
    });
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  /** Ends the connection, and breaks it if the server does not answer in time. */
  override end(callback?: (error: Error) => void): Promise<void> | void {
    const timer = setTimeout(() => this.abandon(), MAX_END_MS).unref();
    this.once('end', () => clearTimeout(timer));
    return callback ? super.end(callback) : super.end();
  }

  override getStartupConf(): Record<string, string> {
    return { ...super.getStartupConf(), ...this.settings };
  }
}

/** A connection that is encrypted if the server supports that (`sslmode=prefer`); pg's own fails where it does not. */
class OptionalTls extends Connection {
  private asked = false;
  private host = '';

  constructor(
    { keepAlive, keepAliveInitialDelayMillis }: ClientConfig,
    private readonly options: ConnectionOptions,
  ) {
    super({ keepAlive, keepAliveInitialDelayMillis });
  }

  override connect(port: number, host: string): void {
    this.host = host;
    super.connect(port, host);
  }

  /** Is called with the unencrypted stream first. There the server answers with one letter whether it supports TLS. */
  override attachListeners(stream: Socket): void {
    if (this.asked) return super.attachListeners(stream);
    this.asked = true;
    stream.once('data', (answer) => {
      const text = answer.toString('latin1');
      if (text === 'S') {
        this.ssl = this.options;
        this.upgradeToSSL(this.host, (error) => this.emit('error', error));
      } else if (text === 'N') {
        super.attachListeners(stream);
        this.emit('sslconnect');
      } else stream.destroy(new Error('The server did not answer the request for TLS'));
    });
  }
}
