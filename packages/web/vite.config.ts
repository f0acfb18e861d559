import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm start` serves the Master, for work on screens with `npx vite`. */
const MASTER = 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [react()],
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
          ],
        },
      },
    },
  },
});
