// Measures instead of testing: the same stack and browser as the end-to-end tests, one measurement after the other.
import { defineConfig } from '@playwright/test';
import ends from '../playwright.config';

const [scripted] = [ends.webServer ?? []].flat();

export default defineConfig({
  ...ends,
  testDir: '.',
  testMatch: '*.bench.ts',
  outputDir: '../test-results/bench',
  timeout: 900_000,
  workers: 1,
  // A busy machine makes figures worse; it must not keep them from being taken.
  expect: { timeout: 90_000 },
  reporter: [['./figures_reporter.ts']],
  use: { ...ends.use, screenshot: 'off', trace: 'off' },
  projects: [{ name: 'bench', use: { baseURL: ends.projects?.[0]?.use?.baseURL ?? '' } }],
  webServer: scripted ? [{ ...scripted, cwd: '../..' }] : [],
});
