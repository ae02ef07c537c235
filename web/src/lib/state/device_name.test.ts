// What browsers are called in the list of devices.
import { expect, it } from 'vitest';
import { deviceName } from './device_name';

const on = (browser: string, system: string) => `${browser} on ${system}`;
const name = (userAgent: string, brands?: string[]) =>
  deviceName(
    brands
      ? { userAgent, userAgentData: { brands: brands.map((brand) => ({ brand })), platform: '' } }
      : { userAgent },
    on,
  );
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

it.each([
  [CHROME, 'Chrome on Linux'],
  [`${CHROME.replace('X11; Linux x86_64', 'Windows NT 10.0; Win64; x64')} Edg/140.0`, 'Edge on Windows'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Firefox on macOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  ['something unheard of', 'Browser'],
])('reads %s', (userAgent, expected) => expect(name(userAgent)).toBe(expected));

it('prefers what the browser says of itself', () => {
  expect(name(CHROME, ['Chromium', 'Not=A?Brand'])).toBe('Chromium on Linux');
  expect(name(CHROME, ['Not;A=Brand', 'Chromium', 'Google Chrome'])).toBe('Chrome on Linux');
});

it('stays within what the server takes: 64 printable characters on one line', () => {
  const made = name(CHROME, [`Browser\u0000\n${'x'.repeat(100)}`]);
  expect(made.length).toBeLessThanOrEqual(64);
  expect(made).toMatch(/^[^\u0000-\u001f\u007f]+$/);
});
