/** `DATABASE_URL` cannot be used as it is; the message says which part of it and why, and repeats no secret. */
export class DatabaseUrlError extends Error {}

export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** How connections to the database are encrypted, as libpq has it. */
export interface DatabaseTls {
  readonly mode: SslMode;
  /** File of the certificates that are trusted, or `system`. */
  readonly sslrootcert?: string;
  /** File of certificates that are not trusted any more. */
  readonly sslcrl?: string;
  readonly sslcert?: string;
  readonly sslkey?: string;
  readonly sslpassword?: string;
  /** TLS begins with the connection, without asking first. */
  readonly direct: boolean;
}

/** Where the database is and how to get in. What is absent is left to the client: its defaults and `PGHOST` and so on. */
export interface DatabaseTarget {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly options?: string;
  readonly application_name?: string;
  readonly tls: DatabaseTls;
}

/** What a URL that is none should be. */
export const DATABASE_URL_FORM = 'must be a URL like postgres://user:password@host:5432/database';
const FORM = /^postgres(?:ql)?:\/\/(?:([^/?]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/s;
const HOST = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/;
// pg and JDBC have this parameter; libpq takes `ssl=true` for the same.
const SSL: Readonly<Record<string, string>> = { true: 'require', '1': 'require', false: 'disable', '0': 'disable' };

/** Whether a text has the form of a URL of PostgreSQL, in one of libpq's spellings. */
export function isDatabaseUrl(text: string): boolean {
  const authority = FORM.exec(text)?.[2];
  return authority !== undefined && (authority.includes(',') || HOST.test(authority));
}

/**
 * Reads a URL as libpq does: parts may be left out or given as parameters, and a host that begins with `/` is the folder
 * of a socket. Parameters that mean nothing to this service are ignored.
 *
 * @param env of which `PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY` and `PGSSLCRL` are taken where the URL says nothing
 * @throws {DatabaseUrlError} when it makes no sense
 */
export function parseDatabaseUrl(url: string, env: NodeJS.ProcessEnv = process.env): DatabaseTarget {
  const [, login, authority, path, query] = FORM.exec(url) ?? [];
  if (!isDatabaseUrl(url)) throw new DatabaseUrlError(DATABASE_URL_FORM);
  const given = new Map((query?.split('&') ?? []).map((pair) => split(pair, '=').map(decoded) as [string, string]));
  const of = (name: string, fallback?: string) => given.get(name) || fallback || undefined;
  const [user, password] = login === undefined ? [] : split(login, ':').map(decoded);
  if (authority.includes(',') || given.get('host')?.includes(','))
    throw new DatabaseUrlError('names several hosts; name one that leads to the primary');
  if (given.has('hostaddr')) throw new DatabaseUrlError('has hostaddr, which is not supported: name the host');
  const [, v6, name, port] = HOST.exec(authority) ?? [];
  const host = of('host', v6 ?? decoded(name));
  return {
    host,
    port: portOf(of('port', port)),
    user: of('user', user),
    password: of('password', password),
    database: of('dbname', path && decoded(path)),
    options: of('options'),
    application_name: of('application_name'),
    tls: tlsOf(host, of, env),
  };
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
    // A socket does not leave the machine, and servers do not encrypt it.
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
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new DatabaseUrlError('has a port that is not a number from 1 to 65535');
  return port;
}

function split(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** A password with a stray `%` has always been taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
