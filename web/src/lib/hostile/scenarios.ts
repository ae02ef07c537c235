// hostile_v1.json: what an honest server says of one account, and the lies of a hostile one; the terminal client is told the same.
import { readVectors } from '$lib/crypto/testing/read_vectors.js';
import type { Pins } from '$lib/crypto';
import { fromBase64url } from '$lib/wire/base64url';

export type Act =
  | 'sign up'
  | 'read back'
  | 'sign in'
  | 'follow'
  | 'turn'
  | 'list'
  | 'open'
  | 'answer'
  | 'begin'
  | 'take'
  | 'give'
  | 'lose'
  | 'secure'
  | 'settings';
export type DeviceName = 'new' | 'away' | 'here' | 'behind';
type Lie = { at: (string | number)[]; value?: unknown };
export type Said = Record<string, unknown>;

export interface Scenario {
  name: string;
  act: Act;
  device: DeviceName;
  code: string;
  lies: Lie[];
  /** What was sent before the lie could show, of what changes something at the server. */
  written: string[];
}

interface Known {
  epoch?: number;
  master_key?: string;
  pins?: { epoch: number; statement: string; sequence: number; manifest: string };
  /** Of the settings that devices share, the one seen last. */
  settings_revision?: number;
}

interface Vectors {
  person: Record<
    'account' | 'email' | 'password' | 'code' | 'signing_public_key' | 'talk' | 'running' | 'turn',
    string
  >;
  /** What two devices that pair draw, in place of chance; and the code that both must show then. */
  pairing: Record<'secret' | 'text' | 'device' | 'seed' | 'joiner_nonce' | 'giver_nonce' | 'code', string>;
  devices: Record<DeviceName, Known>;
  said: Said;
  scenarios: Scenario[];
  words: { name: string; text: string }[];
}

export const vectors = JSON.parse((await readVectors('hostile_v1.json')) ?? '') as Vectors;
export const { person } = vectors;

/** What is said, with these lies in it. */
export function lied(lies: readonly Lie[]): Said {
  const said = structuredClone(vectors.said);
  for (const lie of lies) {
    const last = lie.at.at(-1) ?? '';
    const place = lie.at.slice(0, -1).reduce<unknown>((at, step) => (at as Said)[step], said);
    if ('value' in lie) (place as Said)[last] = lie.value;
    else if (Array.isArray(place)) place.splice(Number(last), 1);
    else delete (place as Said)[last];
  }
  return said;
}

export function pinsOf(device: DeviceName): Pins | null {
  const { pins } = vectors.devices[device];
  return pins
    ? { ...pins, statement: fromBase64url(pins.statement), manifest: fromBase64url(pins.manifest) }
    : null;
}
