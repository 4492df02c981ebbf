import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As they were measured; `node` brings the runtime that the peers ask for, newer than the service's own. */
const PACKAGES = {
  name: 'hookline-peers',
  private: true,
  dependencies: {
    bullmq: '6.7.0',
    'graphile-worker': '0.18.0',
    ioredis: '5.11.1',
    node: '24',
    pg: '8.23.1',
    'pg-boss': '12.38.0',
  },
};

/**
 * Installs the peers' packages into the folder unless they are there. They are not dependencies of the service, and must
 * not end up in its lock file. Answers where Node is, and a module through which their packages are found.
 */
export function installPeers(folder) {
  const manifest = join(folder, 'package.json');
  const node = join(folder, 'node_modules/node/bin/node');
  const wanted = JSON.stringify(PACKAGES, null, 2);
  const isThere = existsSync(node) && existsSync(manifest) && readFileSync(manifest, 'utf8') === wanted;
  if (!isThere) {
    console.error(`Installing the peers' packages into ${folder}`);
    mkdirSync(folder, { recursive: true });
    execFileSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder, ...specifiers()],
      {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    writeFileSync(manifest, wanted);
  }
  const loader = join(folder, 'load.mjs');
  writeFileSync(loader, 'export const load = (name) => import(name);\n');
  return { node, loader };
}

const specifiers = () => Object.entries(PACKAGES.dependencies).map(([name, version]) => `${name}@${version}`);
