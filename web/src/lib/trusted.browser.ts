// In a browser with Trusted Types, what the policy gives is trusted, and foreign code never becomes so.
import { expect, test } from 'vitest';
import { trustedScriptUrl } from './trusted';

interface TypesFactory {
  isScriptURL(value: unknown): boolean;
}

test('own code is trusted, foreign code refused', () => {
  const { trustedTypes } = globalThis as unknown as { trustedTypes: TypesFactory };
  const own = trustedScriptUrl(new URL('/src/own.js', globalThis.location.href));
  expect(trustedTypes.isScriptURL(own)).toBe(true);
  expect(String(own)).toBe(new URL('/src/own.js', globalThis.location.href).href);
  expect(() => trustedScriptUrl('https://evil.example/own.js')).toThrow(TypeError);
});
