import { type LookupAddress, promises } from 'node:dns';
import { setTimeout as pause } from 'node:timers/promises';
import type { Resolve } from '../ssrf/guarded-connector';
import { hostsOf } from './hosts-file';
import { codeOf, isNoSuchName, NameServers } from './name-servers';
import { fullNamesOf, searchRulesOf } from './resolv-conf';
import { SystemFile } from './system-file';

/** Failures are cached only briefly, because the name may be created at any time. */
const FAILED_MS = 1000;
/** How long the last addresses are used while no server answers. After that, they may belong to somebody else. */
const LAST_GOOD_MS = 600_000;
/** A look-up that takes longer is replaced by the last addresses. */
const PATIENCE_MS = 500;
/** Beyond this number of names, the oldest are forgotten. */
const MAX_KNOWN = 10_000;

const LOOPBACK: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** A name has no address, or no server could answer, or not in time. */
class NotResolved extends Error {
  constructor(readonly code: 'ENOTFOUND' | 'EAI_AGAIN' | 'ETIMEOUT') {
    super(`A name could not be resolved (${code})`);
    this.name = NotResolved.name;
  }
}

interface Known {
  addresses?: LookupAddress[];
  /** When the addresses were found; all times are by `performance.now()`. */
  foundAt: number;
  error?: Error;
  freshUntil: number;
  pending?: { answer: Promise<LookupAddress[]>; begunAt: number };
}

/** Sources and limits of name resolution. */
export interface NameResolverOptions {
  hostsPath: string;
  resolvConfPath: string;
  /** `{address}:{port}` of name servers; by default those of the system. */
  servers?: readonly string[];
  /** How long an answer is cached. */
  freshMs: number;
  /** Limit for one look-up. */
  longestMs: number;
}

const DEFAULTS: NameResolverOptions = {
  hostsPath: '/etc/hosts',
  resolvConfPath: '/etc/resolv.conf',
  freshMs: 5000,
  longestMs: 5000,
};

/**
 * Resolves names independently of each other. With `dns.lookup`, which shares a few threads, one hanging name server
 * delays the names of all hosts. Here each name has one look-up in flight, which needs no thread and ends after five
 * seconds. Answers are cached for five seconds; while a name server fails or hangs, the last ones are used (RFC 8767).
 *
 * `/etc/hosts` and the search list of `/etc/resolv.conf` apply, as names of containers need them. Other names go to
 * `dns.lookup`, which knows more sources, one name at a time: of the four threads of a process, look-ups may use two, and
 * one of these must be left for the name of the database.
 */
export class NameResolver {
  private readonly known = new Map<string, Known>();
  private readonly hosts: SystemFile<Map<string, LookupAddress[]>>;
  private readonly network: SystemFile<{ rules: ReturnType<typeof searchRulesOf>; servers: NameServers }>;
  private readonly options: NameResolverOptions;
  private lastBySystem: Promise<unknown> = Promise.resolve();

  constructor(options: Partial<NameResolverOptions> = {}) {
    this.options = { ...DEFAULTS, ...options };
    const { hostsPath, resolvConfPath, servers } = this.options;
    this.hosts = new SystemFile(hostsPath, hostsOf);
    this.network = new SystemFile(resolvConfPath, (text) => ({
      rules: searchRulesOf(text),
      servers: new NameServers(servers),
    }));
  }

  /** Calls `find` in the form of `dns.lookup`. */
  readonly resolve: Resolve = (hostname, _options, callback) => {
    this.find(hostname).then(
      (addresses) => callback(null, addresses),
      (error: Error) => callback(error, []),
    );
  };

  /** Returns all addresses of a name. */
  async find(name: string): Promise<LookupAddress[]> {
    const known = this.knownOf(name);
    const now = performance.now();
    if (now < known.freshUntil) {
      if (known.addresses) return known.addresses;
      throw known.error!;
    }
    known.pending ??= { answer: this.refresh(name, known), begunAt: now };
    const { answer, begunAt } = known.pending;
    const lastGood = lastGoodOf(known);
    if (!lastGood) return answer;
    return Promise.race([answer, pause(begunAt + PATIENCE_MS - now, lastGood, { ref: false })]);
  }

  private async refresh(name: string, known: Known): Promise<LookupAddress[]> {
    try {
      known.addresses = await this.lookUp(name);
      known.foundAt = performance.now();
      known.freshUntil = known.foundAt + this.options.freshMs;
      return known.addresses;
    } catch (error) {
      known.error = error as Error;
      known.addresses = isNoSuchName(known.error) ? undefined : lastGoodOf(known);
      known.freshUntil = performance.now() + FAILED_MS;
      if (!known.addresses) throw error;
      return known.addresses;
    } finally {
      known.pending = undefined;
    }
  }

  private async lookUp(name: string): Promise<LookupAddress[]> {
    const host = name.replace(/\.$/, '').toLowerCase();
    const local = this.hosts.content.get(host);
    if (local) return local;
    if (host === 'localhost' || host.endsWith('.localhost')) return LOOPBACK;
    const deadline = performance.now() + this.options.longestMs;
    const timeout = new AbortController();
    try {
      return await Promise.race([
        this.ask(name, deadline),
        pause(this.options.longestMs, undefined, { ref: false, signal: timeout.signal }).then(() => {
          throw new NotResolved('ETIMEOUT');
        }),
      ]);
    } finally {
      timeout.abort();
    }
  }

  private async ask(name: string, deadline: number): Promise<LookupAddress[]> {
    const { rules, servers } = this.network.content;
    try {
      return await servers.find(fullNamesOf(name, rules), deadline);
    } catch (error) {
      // If no name server answers, the system would wait for them as well.
      if (codeOf(error) === 'ETIMEOUT') throw error;
      return this.askSystem(name, deadline).catch((fault: Error) => {
        throw new NotResolved(isNoSuchName(error) && isNoSuchName(fault) ? 'ENOTFOUND' : 'EAI_AGAIN');
      });
    }
  }

  private async askSystem(name: string, deadline: number): Promise<LookupAddress[]> {
    const answer = this.lastBySystem.then(() => {
      if (performance.now() > deadline) throw new NotResolved('ETIMEOUT');
      return promises.lookup(name, { all: true });
    });
    this.lastBySystem = answer.catch(() => undefined);
    return answer;
  }

  private knownOf(name: string): Known {
    const found = this.known.get(name);
    if (found) return found;
    if (this.known.size >= MAX_KNOWN) this.known.delete(this.known.keys().next().value!);
    const known: Known = { foundAt: 0, freshUntil: 0 };
    this.known.set(name, known);
    return known;
  }
}

/** Returns the last addresses of a name, unless they are too old. */
const lastGoodOf = ({ addresses, foundAt }: Known): LookupAddress[] | undefined =>
  addresses && performance.now() < foundAt + LAST_GOOD_MS ? addresses : undefined;
