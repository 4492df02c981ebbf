import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { tlsOptions } from '../config/database-tls';
import { type DatabaseTarget, parseDatabaseUrl } from '../config/database-url';
import { StartError } from '../domain/errors';
import { Candidates } from './candidates';
import { isConnectionFault, isTlsFault, isUnknownParameter, isUnwelcome } from './faults';
import { SessionClient, type SessionConfig } from './session-client';
import { MEANING, NETWORK, NEWER, PACE, type Settings, TRACKED } from './session-settings';
import { beginWith, settingsOfSession } from './sql/settings';

const ENCODING = 'server_encoding';
/** SQL_ASCII stores texts as they are. */
const ENCODINGS: readonly string[] = ['UTF8', 'SQL_ASCII'];

/**
 * Makes all connections to the database. Each session gets the settings that the service depends on, whatever the server,
 * database and role define. They are sent as startup parameters, without a round trip.
 *
 * Poolers refuse or drop most startup parameters. Each transaction sets again what its session lacks.
 */
export class Connector {
  private settings: Settings;
  /** The settings that are sent as startup parameters. */
  private passed: readonly string[];
  private lacking: Settings = {};
  private readonly target: DatabaseTarget;
  private readonly candidates: Candidates;
  private encrypted: boolean;
  private lastTls?: ConnectionOptions;

  /**
   * @param settings are added to those of every session, or override them.
   * @param newer are added where the server knows them.
   * @param env provides the TLS options that the URL leaves out.
   */
  constructor(
    url: string,
    settings: Settings = {},
    private readonly newer = NEWER,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.target = parseDatabaseUrl(url, env);
    this.candidates = new Candidates(this.target.hosts);
    [this.encrypted] = this.encryptions;
    this.settings = { ...MEANING, ...PACE, ...NETWORK, ...settings };
    this.passed = Object.keys(this.settings);
  }

  /** Returns the options of a connection or pool; its own `settings` override those of this connector. */
  options(own: ClientConfig & { settings?: Settings } = {}): SessionConfig & { Client: typeof SessionClient } {
    const settings = pick({ ...this.settings, ...own.settings }, this.passed);
    const { tls, application_name = own.application_name, user, password, database, options } = this.target;
    return {
      ...own,
      ...{ user, password, database, options, application_name },
      candidates: this.candidates,
      sslnegotiation: tls.direct ? 'direct' : 'postgres',
      tls: () => this.encrypted && this.tls(),
      tlsOptional: tls.mode === 'prefer',
      settings,
      Client: SessionClient,
    };
  }

  /** Returns a client that is not connected yet. */
  client(own: ClientConfig & { settings?: Settings } = {}): SessionClient {
    return new SessionClient(this.options(own));
  }

  /** Finds out whether to encrypt, and which settings sessions really get. Rejects when the server cannot be reached. */
  async adapt(own: ClientConfig): Promise<void> {
    for (const encrypted of this.encryptions) {
      this.encrypted = encrypted;
      try {
        return await this.adaptSettings(own);
      } catch (error) {
        const isLast = encrypted === this.encryptions.at(-1);
        if (!isLast && (isTlsFault(error) || isUnwelcome(error))) continue;
        if (!isTlsFault(error)) throw error;
        throw new StartError(
          `TLS with the database failed (sslmode=${this.target.tls.mode}): ${(error as Error).message}`,
          {
            cause: error,
          },
        );
      }
    }
  }

  private async adaptSettings(own: ClientConfig): Promise<void> {
    const every = Object.keys(this.settings);
    for (const passed of [every, TRACKED, []]) {
      this.passed = passed;
      try {
        return this.compare(await this.settingsOfPrimary(own), passed === every);
      } catch (error) {
        if (!isUnknownParameter(error) || passed.length === 0) throw error;
      }
    }
  }

  /** Returns what to try one after the other: encrypted or not. */
  private get encryptions(): readonly boolean[] {
    const { mode } = this.target.tls;
    if (mode === 'disable') return [false];
    if (mode === 'allow') return [false, true];
    return mode === 'prefer' ? [true, false] : [true];
  }

  private tls(): ConnectionOptions {
    try {
      return (this.lastTls = tlsOptions(this.target.tls));
    } catch (error) {
      // Certificate files may be replaced at run time, but not all at the same moment.
      if (this.lastTls) return this.lastTls;
      throw error;
    }
  }

  /** Returns the names of the settings that a pooler does not pass on. */
  get missing(): string[] {
    return Object.keys(this.lacking);
  }

  /** A single statement would change its meaning in such a session, so it needs a transaction that sets what is missing. */
  get needsTransactions(): boolean {
    return this.missing.some((name) => name in MEANING);
  }

  /** Returns the `BEGIN` of a transaction that also sets what its session lacks. */
  get begin(): string {
    return this.missing.length === 0 ? 'BEGIN' : beginWith(this.lacking);
  }

  private async settingsOfPrimary(own: ClientConfig): Promise<Map<string, string>> {
    for (let left = this.candidates.count - 1; ; left--)
      try {
        return await this.settingsOfSession(own);
      } catch (error) {
        if (left === 0 || !isConnectionFault(error)) throw error;
      }
  }

  private async settingsOfSession(own: ClientConfig): Promise<Map<string, string>> {
    const client = this.client(own);
    // A broken connection rejects its query. Without a listener, the error event would end the process first.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const asked = [...Object.keys({ ...this.settings, ...this.newer }), ENCODING];
      const names = asked.map((name) => name.toLowerCase());
      const { rows } = await client.query<{ name: string; setting: string }>(settingsOfSession, [names]);
      return new Map(rows.map(({ name, setting }) => [name, setting]));
    } finally {
      client.end().catch(() => undefined);
    }
  }

  private compare(found: Map<string, string>, isEvery: boolean): void {
    const valueOf = (name: string) => found.get(name.toLowerCase());
    const encoding = valueOf(ENCODING)!;
    if (!ENCODINGS.includes(encoding))
      throw new StartError(`The database has the encoding ${encoding}, which cannot store every text: use UTF8`);
    const newer = Object.keys(this.newer).filter((name) => found.has(name) && !(name in this.settings));
    this.settings = { ...pick(this.newer, newer), ...this.settings };
    // Without a pooler, the server accepts every setting that it knows.
    const untold = isEvery ? newer : [];
    if (isEvery) this.passed = Object.keys(this.settings);
    const lacks = (name: string) =>
      !(name in NETWORK) && valueOf(name) !== undefined && valueOf(name) !== this.settings[name];
    this.lacking = pick(
      this.settings,
      Object.keys(this.settings).filter((name) => lacks(name) && !untold.includes(name)),
    );
  }
}

const pick = (settings: Settings, names: readonly string[]): Settings =>
  Object.fromEntries(names.map((name) => [name, settings[name]]));
