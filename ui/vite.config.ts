import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** `npm run dev` shows the page on a port of Vite's and leaves the API to a service on its usual one. */
const API = ['/batch', '/batches', '/dag', '/task', '/webhook-deliveries', '/events'];
const SERVICE = process.env.HOOKLINE_URL ?? 'http://127.0.0.1:8085';

/** Compresses the files once, at the build. Brotli would save another tenth, and take longer than the rest of the build. */
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
    // Nothing in the page knows the path below which it is served, which a proxy may add. Its address ends in `/view`.
    renderBuiltUrl: (name, { hostType }) => (hostType === 'html' ? `./view/${name}` : { relative: true }),
  },
  plugins: [react(), compressed],
  build: {
    target: 'es2022',
    // What is inlined as a data: URL would be against the page's Content-Security-Policy.
    assetsInlineLimit: 0,
    // The polyfill is for browsers that the rest of the page would not run in.
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  server: { proxy: Object.fromEntries(API.map((path) => [path, SERVICE])) },
});
