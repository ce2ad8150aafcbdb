// The pages of Guestwright: static files that need nothing but to be handed out. Preact, because it is React's way of writing a
// page in 4 KB, and the page goes into every report that is kept.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const nothing = fileURLToPath(new URL('./src/nothing.ts', import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Beside a report, in whatever folder.
  base: './',
  // v86 imports them where it runs in Node.
  resolve: { alias: { 'node:crypto': nothing, 'node:fs/promises': nothing } },
  // zod's comments would be warnings of every build.
  logLevel: 'error',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  worker: { format: 'es' },
  build: {
    outDir: fileURLToPath(new URL('../../dist/console', import.meta.url)),
    emptyOutDir: true,
    rollupOptions: {
      // Of a run that is over, of a machine that runs, and of the machines of hosts.
      input: ['index.html', 'record.html', 'host.html'].map((page) => fileURLToPath(new URL(page, import.meta.url))),
    },
    target: 'es2022',
    // A data: URL is not within the content security policy.
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 2_000,
  },
});
