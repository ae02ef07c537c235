// Every lie of hostile_v1.json, told to the web app: refused by its code, nothing is written, and what was known stays.
import { readInvitation } from '$lib/crypto';
import { describe, expect, it } from 'vitest';
import { Browser } from './acts';
import { HostileServer } from './hostile_server';
import { lied, person, vectors, type Act, type DeviceName } from './scenarios';

const { scenarios } = vectors;
const honest = [...new Set(scenarios.map(({ act, device }) => JSON.stringify([act, device])))].map(
  (each) => JSON.parse(each) as [Act, DeviceName],
);
const { pairingId } = await readInvitation(vectors.pairing.text);
const saidAs = (end: string) => Object.keys(vectors.said).find((name) => name.endsWith(end)) ?? '';
/** Where the server is honest. */
const WRITTEN: Partial<Record<Act, string[]>> = {
  'sign up': ['POST /auth/signup/complete'],
  'read back': ['POST /auth/signup/complete'],
  open: ['ask'],
  begin: ['ask'],
  give: [`PUT /account/pairings/${pairingId}/sealed`],
  lose: ['POST /auth/reset/start', 'POST /auth/reset/finish'],
  turn: [saidAs('/flip'), 'POST /account/keys/acknowledged'],
  secure: [saidAs('/secure')],
  settings: ['PUT /apps/web/settings'],
};

async function browserOf(act: Act, device: DeviceName, lies: (typeof scenarios)[0]['lies']) {
  const browser = new Browser(new HostileServer(lied(lies)), device);
  await browser.prepare(act);
  return browser;
}

/** What this device remembers of the account. */
async function known({ keys }: Browser) {
  return { account: await keys.get('account'), pins: (await keys.get('pins'))?.[person.account] };
}

describe('a lie', () => {
  it.each(scenarios)('$name', { timeout: 30_000 }, async ({ act, device, code, lies, written }) => {
    const browser = await browserOf(act, device, lies);
    const before = await known(browser);
    expect(await browser.acts[act]()).toBe(code);
    expect(browser.server.written).toEqual(written);
    expect(await known(browser)).toEqual(before);
  });
});

describe('the same without a lie', () => {
  it.each(honest)('%s, on a device that is %s', { timeout: 30_000 }, async (act, device) => {
    const browser = await browserOf(act, device, []);
    expect(await browser.acts[act]()).toBeNull();
    const followed = device === 'behind' ? ['POST /account/keys/acknowledged'] : [];
    expect(browser.server.written).toEqual(WRITTEN[act] ?? followed);
  });
});
