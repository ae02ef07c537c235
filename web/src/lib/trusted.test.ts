// Only code of this very app may become a worker or the service worker.
import { expect, test } from 'vitest';
import { ownScriptUrl } from './trusted';

const page = 'https://chat.example/settings';

test.each([
  [
    '/_app/immutable/workers/argon2.worker-Dq3_x.js',
    'https://chat.example/_app/immutable/workers/argon2.worker-Dq3_x.js',
  ],
  ['https://chat.example/service-worker.js', 'https://chat.example/service-worker.js'],
])('%s passes', (url, expected) => {
  expect(ownScriptUrl(url, page, false)).toBe(expected);
});

test.each([
  'https://evil.example/_app/immutable/a.js',
  '//evil.example/service-worker.js',
  'http://chat.example/service-worker.js',
  'https://chat.example:8443/service-worker.js',
  'https://somebody@chat.example/service-worker.js',
  'blob:https://chat.example/0b55061d-82e6-719b-819e-371ff8a1ee82',
  'data:text/javascript,1',
  'javascript:1',
  '/api/chats/export.js',
  '/_app/immutable/../../api/export.js',
  '/_app/immutable/%2e%2e/%2e%2e/api/export.js',
  '/_app/immutable/..%2f..%2fapi.js',
  '/_app/immutable/a.js?next=/api',
  '/service-worker.js/../api/export.js',
  '/service-worker.jsx',
  'service-worker.js.map',
  '',
])('%j is refused', (url) => {
  expect(() => ownScriptUrl(url, page, false)).toThrow(TypeError);
});

test('the dev server may name any path, but no other origin', () => {
  expect(ownScriptUrl('/src/a.ts?worker_file&type=module', page, true)).toContain('/src/a.ts');
  expect(() => ownScriptUrl('https://evil.example/src/a.ts', page, true)).toThrow(TypeError);
  expect(() => ownScriptUrl('blob:https://chat.example/1', page, true)).toThrow(TypeError);
});
