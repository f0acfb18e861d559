import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where `npm start` serves the Master, for work on screens with `npx vite`. */
const MASTER = 'http://127.0.0.1:3000';

/** Below this, a header more costs what is saved. */
const COMPRESS_FROM_BYTES = 1_024;

/** Nearly as small as at 11, in a tenth of the time. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/** Compresses each file once, when it is built, instead of at each request. The Master sends what the browser takes. */
const compressed = (): Plugin => ({
  name: 'compressed',
  apply: 'build',
  writeBundle({ dir = 'dist' }, bundle) {
    for (const fileName of Object.keys(bundle)) {
      const path = join(dir, fileName);
      const bytes = readFileSync(path);
      if (bytes.length < COMPRESS_FROM_BYTES) continue;
      writeFileSync(`${path}.br`, brotliCompressSync(bytes, BROTLI));
      writeFileSync(`${path}.gz`, gzipSync(bytes));
    }
  },
});

/** What the first screens are made of, beside React. */
const CORE =
  /packages\/(client|shared)\/src\/|web\/src\/(hooks|i18n|lib|link|store)\/|node_modules\/(typebox|i18next|react-i18next|zustand)\//;

export default defineConfig({
  plugins: [react(), compressed()],
  server: {
    proxy: { '/api': MASTER, '/ws': { target: MASTER, ws: true } },
  },
  build: {
    target: 'es2023',
    // The page's policy forbids inline scripts, and Vite's preload helper would be one.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store)\// },
            { name: 'echarts', test: /node_modules\/(echarts|zrender)\// },
            // What several screens share is needed at once: one file instead of ten small ones.
            { name: 'shared', test: CORE, minShareCount: 2 },
          ],
        },
      },
    },
  },
});
