import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { DatabaseUrlError, type DatabaseTls } from './database-url';

/** Returns the certificates that the operating system trusts; since Node 22.15. */
const { getCACertificates } = tls as { getCACertificates?: (type: 'default' | 'system') => string[] };

type FileName = 'sslrootcert' | 'sslcrl' | 'sslcert' | 'sslkey';

const DEFAULT_FILES: Readonly<Record<FileName, string>> = {
  sslrootcert: 'root.crt',
  sslcrl: 'root.crl',
  sslcert: 'postgresql.crt',
  sslkey: 'postgresql.key',
};

/**
 * Returns the TLS options, with libpq's rules: `require` verifies the certificate chain only if a root certificate exists,
 * `verify-ca` always, and `verify-full` also the host name. Each call reads the files again, so that they can be replaced.
 *
 * @throws {DatabaseUrlError} naming the parameter whose file is missing or unusable
 */
export function tlsOptions(target: DatabaseTls): tls.ConnectionOptions {
  const { mode, sslpassword: passphrase } = target;
  const isChecked = mode === 'require' || mode === 'verify-ca' || mode === 'verify-full';
  const isSystem = target.sslrootcert === 'system';
  const root = isChecked && !isSystem ? fileOf(target, 'sslrootcert') : undefined;
  if (mode === 'verify-ca' && !root)
    throw new DatabaseUrlError('has sslmode=verify-ca, which needs the root certificate: set sslrootcert to its file');
  const cert = fileOf(target, 'sslcert');
  const key = cert && fileOf(target, 'sslkey');
  if (cert && !key) throw new DatabaseUrlError('has sslcert, which needs its key: set sslkey to its file');
  const crl = root && fileOf(target, 'sslcrl');
  const options = { ca: isSystem ? systemRoots() : root, cert, key, passphrase, crl };
  usable('sslrootcert', { ca: root });
  usable('sslcrl', { crl });
  usable('sslcert', { cert });
  usable('sslkey', { cert, key, passphrase });
  return {
    ...options,
    rejectUnauthorized: mode !== 'require' ? isChecked : root !== undefined,
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
  };
}

function fileOf(target: DatabaseTls, name: FileName): string | undefined {
  const path = target[name] ?? defaultFile(name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DatabaseUrlError(`refers to ${name}=${path}, which cannot be read (${code})`, { cause });
  }
}

function defaultFile(name: FileName): string | undefined {
  let home: string;
  try {
    home = homedir();
  } catch {
    // Accounts that a cluster assigns have no home folder.
    return undefined;
  }
  const path = join(home, '.postgresql', DEFAULT_FILES[name]);
  return existsSync(path) ? path : undefined;
}

/** Returns the system's root certificates; undefined where Node cannot tell, and then uses its own. */
const systemRoots = () => getCACertificates && [...getCACertificates('default'), ...getCACertificates('system')];

function usable(name: FileName, part: tls.SecureContextOptions): void {
  if (Object.values(part).every((value) => value === undefined)) return;
  try {
    if (part.ca !== undefined && !String(part.ca).includes('-----BEGIN')) throw new Error('it is not in PEM format');
    tls.createSecureContext(part);
  } catch (cause) {
    throw new DatabaseUrlError(`has a file for ${name} that cannot be used: ${(cause as Error).message}`, { cause });
  }
}
