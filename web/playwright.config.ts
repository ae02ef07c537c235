// End to end: the built app on the embedded cloud, in Debian's Chromium. One stack answers by script, one with the real model.
import { defineConfig } from '@playwright/test';

const scripted = Number(process.env.SEALMATE_E2E_PORT ?? 8610);
const real = Number(process.env.SEALMATE_E2E_REAL_PORT ?? scripted + 10);

const REAL = '**/real_model.spec.ts';
/** Long walks through the ways in, for `make prove`. */
const WALKS = [
  'account_life',
  'both_clients',
  'devices_told_apart',
  'lost_account',
  'pairing',
  'passkeys',
  'rotation',
].map((name) => `**/${name}.spec.ts`);
/** Two stacks and a model at once are too much for two cores. */
const only = process.argv.find((argument) => argument.startsWith('--project='))?.slice('--project='.length);

function stack(port: number, ...more: string[]) {
  return {
    command: ['.venv/bin/python', '-m', 'tests.browser_stack', '--port', String(port), ...more].join(' '),
    cwd: '..',
    wait: { stdout: /up at/ },
    timeout: 240_000,
    stdout: 'pipe' as const,
    stderr: 'pipe' as const,
    gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 20_000 },
  };
}

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  workers: 2,
  forbidOnly: true,
  retries: 0,
  // Long enough for a machine that is busy: nothing here asserts how long things take.
  timeout: 240_000,
  expect: { timeout: 40_000 },
  reporter: [['list']],
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    // What moves without end is drawn without end, on two cores without a graphics card.
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    // Without the film, which takes a third of the time of everything.
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      executablePath: process.env.SEALMATE_CHROMIUM ?? '/usr/bin/chromium',
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
  },
  projects: [
    { name: 'scripted', testIgnore: [REAL, ...WALKS], use: { baseURL: `http://localhost:${scripted}` } },
    { name: 'walks', testMatch: WALKS, use: { baseURL: `http://localhost:${scripted}` } },
    { name: 'real', testMatch: REAL, use: { baseURL: `http://localhost:${real}` } },
  ],
  // Whoever runs `python -m tests.browser_stack` already says so.
  webServer: process.env.SEALMATE_E2E_RUNNING
    ? []
    : [
        ...(only === 'real' ? [] : [stack(scripted)]),
        ...(only === 'scripted' || only === 'walks' ? [] : [stack(real, '--real')]),
      ],
});
