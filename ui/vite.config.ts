import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** `npm run dev` serves the page on Vite's port and forwards API requests to a running service. */
const API = [
  '/audit-log',
  '/batch',
  '/batches',
  '/dag',
  '/events',
  '/schedule',
  '/session',
  '/task',
  '/webhook-deliveries',
];
const SERVICE = process.env.HOOKLINE_URL ?? 'http://127.0.0.1:8085';

/** Compresses the files at build time. Brotli would save another 10 %, but take longer than the rest of the build. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  writeBundle({ dir }) {
    const folder = join(dir!, 'assets');
    for (const name of readdirSync(folder)) {
      writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }));
    }
  },
};

export default defineConfig({
  base: './',
  experimental: {
    // All paths are relative to `/view`, as a proxy may add a prefix.
    renderBuiltUrl: (name, { hostType }) => (hostType === 'html' ? `./view/${name}` : { relative: true }),
  },
  plugins: [react(), compressed],
  build: {
    target: 'es2022',
    // The page's Content-Security-Policy forbids data: URLs.
    assetsInlineLimit: 0,
    // The page does not run in browsers that need the polyfill.
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  server: { proxy: Object.fromEntries(API.map((path) => [path, SERVICE])) },
});
