// Vite, and Vitest in two projects: `unit` in Node, `browser` in Chromium for what only a browser can show.
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { readVectors } from './src/lib/crypto/testing/read_vectors.js';

/** Where `make up` listens; the dev server hands everything but the app itself on to it. */
const stack = process.env.SEALMATE_URL ?? 'http://localhost:8410';
const chromium = process.env.SEALMATE_CHROMIUM ?? '/usr/bin/chromium';

/** Long enough for a machine that is busy: no test asserts how long things take. */
const PATIENT = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } };

export default defineConfig({
  plugins: [
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/lib/paraglide',
      strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
      emitTsDeclarations: true,
    }),
    sveltekit(),
  ],
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      // The stack knows its own origin only, and refuses what comes from another.
      '/api': { target: stack, changeOrigin: true, headers: { origin: stack } },
      '/mail': { target: stack, changeOrigin: true },
      '/ws': { target: stack, ws: true, changeOrigin: true, headers: { origin: stack } },
    },
  },
  build: { target: 'es2023', sourcemap: false },
  worker: { format: 'es' },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['src/**/*.test.ts'],
          setupFiles: ['src/property_runs.ts'],
          ...PATIENT,
        },
      },
      {
        extends: true,
        // Found only on the way, they would start the page anew in the middle of a test.
        optimizeDeps: { include: ['hash-wasm', 'minisearch', '@hpke/core', '@hpke/hybridkem-x-wing'] },
        test: {
          name: 'browser',
          include: ['src/**/*.browser.ts'],
          ...PATIENT,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            commands: { readVectors: (_context, file: string) => readVectors(file) },
            provider: playwright({
              launchOptions: {
                executablePath: chromium,
                args: [
                  '--no-sandbox',
                  '--disable-gpu',
                  '--disable-quic',
                  '--no-first-run',
                  '--disable-background-networking',
                  '--disable-component-update',
                  '--disable-sync',
                ],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
