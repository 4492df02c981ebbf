/** An invalid `DATABASE_URL`; the message gives the part and the reason, and repeats no secret. */
export class DatabaseUrlError extends Error {}

export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** Encryption of database connections, with libpq's parameters. */
export interface DatabaseTls {
  readonly mode: SslMode;
  /** File of trusted root certificates, or `system`. */
  readonly sslrootcert?: string;
  /** File of revoked certificates. */
  readonly sslcrl?: string;
  readonly sslcert?: string;
  readonly sslkey?: string;
  readonly sslpassword?: string;
  /** TLS starts with the connection, without a request to the server first. */
  readonly direct: boolean;
}

/** Where a database server listens. */
export interface DatabaseHost {
  readonly host?: string;
  readonly port?: number;
}

/** Addresses and credentials of the database. Absent parts are left to pg: its defaults, `PGHOST` and the like. */
export interface DatabaseTarget {
  /** The primary and its standbys, in any order; at least one. */
  readonly hosts: readonly DatabaseHost[];
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly options?: string;
  readonly application_name?: string;
  readonly tls: DatabaseTls;
}

export const DATABASE_URL_FORM = 'must be a URL like postgres://user:password@host:5432/database';
/** The values of `target_session_attrs` that a primary satisfies. */
const PRIMARY = ['any', 'read-write', 'primary'];
const FORM = /^postgres(?:ql)?:\/\/(?:([^/?]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/s;
const HOST = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/;
// The `ssl` parameter of pg and JDBC; libpq too reads `ssl=true` as `require`.
const SSL: Readonly<Record<string, string>> = { true: 'require', '1': 'require', false: 'disable', '0': 'disable' };

/** Tells whether a text has the form of a PostgreSQL URL, in one of libpq's spellings. */
export function isDatabaseUrl(text: string): boolean {
  const authority = FORM.exec(text)?.[2];
  return authority !== undefined && authority.split(',').every((each) => HOST.test(each));
}

/**
 * Parses a URL as libpq does: parts may be missing or given as parameters, and a host that starts with `/` is the folder
 * of a socket. Unknown parameters are ignored.
 *
 * @param env provides `PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY` and `PGSSLCRL` where the URL does not
 * @throws {DatabaseUrlError} for an invalid URL
 */
export function parseDatabaseUrl(url: string, env: NodeJS.ProcessEnv = process.env): DatabaseTarget {
  const [, login, authority, path, query] = FORM.exec(url) ?? [];
  if (!isDatabaseUrl(url)) throw new DatabaseUrlError(DATABASE_URL_FORM);
  const given = new Map((query?.split('&') ?? []).map((pair) => split(pair, '=').map(decoded) as [string, string]));
  const of = (name: string, fallback?: string) => given.get(name) || fallback || undefined;
  const [user, password] = login === undefined ? [] : split(login, ':').map(decoded);
  if (given.has('hostaddr')) throw new DatabaseUrlError('has hostaddr, which is not supported: use host');
  const wanted = of('target_session_attrs', 'read-write')!;
  if (!PRIMARY.includes(wanted))
    throw new DatabaseUrlError(
      `has target_session_attrs=${wanted}, but only a primary accepts changes: use read-write`,
    );
  const hosts = hostsOf(authority, of);
  return {
    hosts,
    user: of('user', user),
    password: of('password', password),
    database: of('dbname', path && decoded(path)),
    options: of('options'),
    application_name: of('application_name'),
    tls: tlsOf(hosts[0].host, of, env),
  };
}

/** Returns the hosts of a URL like `//a:5432,b:5433`, over which lists in the parameters `host` and `port` take precedence. */
function hostsOf(authority: string, of: (name: string) => string | undefined): DatabaseHost[] {
  const inUrl = authority.split(',').map((each) => {
    const [, v6, name, port] = HOST.exec(each)!;
    return { host: v6 ?? decoded(name), port };
  });
  const hosts = of('host')?.split(',') ?? inUrl.map(({ host }) => host);
  const ports = of('port')?.split(',') ?? inUrl.map(({ port }) => port);
  if (ports.length > 1 && ports.length !== hosts.length)
    throw new DatabaseUrlError(`names ${hosts.length} hosts and ${ports.length} ports; give each host one port`);
  if (hosts.length > 1 && hosts.some((host) => host.startsWith('/')))
    throw new DatabaseUrlError('names a socket folder beside other hosts; a socket must be the only one');
  return hosts.map((host, i) => ({ host: host || undefined, port: portOf(ports[i] ?? ports[0]) }));
}

function tlsOf(
  host: string | undefined,
  of: (name: string, fallback?: string) => string | undefined,
  env: NodeJS.ProcessEnv,
): DatabaseTls {
  const sslrootcert = of('sslrootcert', env.PGSSLROOTCERT);
  const byDefault = sslrootcert === 'system' ? 'verify-full' : 'prefer';
  const mode = of('sslmode') ?? SSL[of('ssl') ?? ''] ?? env.PGSSLMODE ?? byDefault;
  const given = of('sslmode') === undefined ? 'leaves it to PGSSLMODE' : 'has sslmode';
  if (!isMode(mode)) throw new DatabaseUrlError(`${given}=${mode}, which must be one of ${SSL_MODES.join(', ')}`);
  if (sslrootcert === 'system' && mode !== 'verify-full')
    throw new DatabaseUrlError(`has sslrootcert=system, which needs sslmode=verify-full instead of ${mode}`);
  const direct = of('sslnegotiation') === 'direct';
  if (direct && (mode === 'disable' || mode === 'allow' || mode === 'prefer'))
    throw new DatabaseUrlError(`has sslnegotiation=direct, which needs sslmode=require or stronger instead of ${mode}`);
  return {
    // Servers do not encrypt Unix sockets, which do not leave the machine.
    mode: host?.startsWith('/') ? 'disable' : mode,
    sslrootcert,
    sslcrl: of('sslcrl', env.PGSSLCRL),
    sslcert: of('sslcert', env.PGSSLCERT),
    sslkey: of('sslkey', env.PGSSLKEY),
    sslpassword: of('sslpassword'),
    direct,
  };
}

const isMode = (text: string): text is SslMode => (SSL_MODES as readonly string[]).includes(text);

function portOf(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new DatabaseUrlError('has a port that is not a number from 1 to 65535');
  return port;
}

function split(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Decodes percent signs; a text with a stray `%`, such as a password, is kept as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
