// Two browsers pair over one mailbox, with the real key scheme; and over a server that changes what it passes on.
import * as crypto from '$lib/crypto';
import { makeAccountKeysWith, type MadeAccount } from '$lib/crypto/accounts';
import { commit } from '$lib/crypto/pairing';
import type { Stretch } from '$lib/crypto/passwords';
import { fromBase64url, toBase64url } from '$lib/wire/base64url';
import type { WrappedKeys } from '$lib/wire/http';
import { beforeAll, describe, expect, it } from 'vitest';
import { Api } from './api';
import { notProved } from './auth_errors';
import { GivingKeys, type GivingParts } from './giving_keys.svelte';
import type { Reopened } from './step_up.svelte';
import { TakingKeys, type TakingParts } from './taking_keys.svelte';

type Told = Record<string, unknown>;
type Alter = (told: Told, path: string) => Told | Promise<Told>;

const ACCOUNT = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const THEIRS = toBase64url(new Uint8Array(32).fill(7));
const quickly: Stretch = async (given, salt) =>
  new Uint8Array(await globalThis.crypto.subtle.digest('SHA-512', new Uint8Array([...salt, ...given])));

let made: MadeAccount;
let wrapped: WrappedKeys;

beforeAll(async () => {
  made = await makeAccountKeysWith(quickly, { account: ACCOUNT, password: 'kelp at noon', kdfProfile: 1 });
  const { keys } = made;
  const methods = (['password', 'recovery'] as const).map((kind) => {
    const { method_id, secret, master, public: publicKey } = keys[kind];
    const envelopes = { method_id, secret, master, public: publicKey };
    return { ...envelopes, kind, salt: 'BBBB', kdf_profile: 1, credential_id: null, transports: null };
  });
  const { signing, statement } = keys;
  wrapped = {
    account_id: ACCOUNT,
    epoch: 1,
    methods,
    signing,
    statement,
    manifest: null,
    links: [],
    apps: null,
  };
  const manifest = await crypto.nameMethods({ wrapped, ...made.opened });
  wrapped = { ...wrapped, manifest };
});

/** What the server keeps between the two, and passes on as it is, but for what it alters. */
class Mailbox {
  joined: Told | null = null;
  giverNonce: unknown = null;
  joinerNonce: unknown = null;
  sealed: unknown = null;
  finished = false;
  over = false;
  asked: string[] = [];
  pairingId = '';

  answer(method: string, path: string, body: Told): Told {
    this.asked.push(`${method} ${path}`);
    if (path === '/account') return ACCOUNT_ANSWER;
    if (path === '/auth/logout') return {};
    if (path === '/account/pairings') {
      this.pairingId = String(body.pairing_id);
      return { expires_at: 600 };
    }
    if (this.over) throw new Refused('pairing_over');
    if (method === 'DELETE') this.over = true;
    if (path.endsWith('/join')) {
      const { device, public_key, commitment } = body;
      this.joined = { device, public_key, commitment };
      const { public_key: signing_public_key } = wrapped.signing;
      return { account_id: ACCOUNT, signing_public_key, expires_at: 600 };
    }
    if (method === 'PUT' && path.endsWith('/nonce')) this.giverNonce = body.nonce;
    if (path.endsWith('/reveal')) this.joinerNonce = body.nonce;
    if (path.endsWith('/sealed')) this.sealed = body.sealed;
    if (path.endsWith('/look')) return { nonce: this.giverNonce, sealed: this.sealed };
    if (path.endsWith('/finish')) {
      this.finished = true;
      return { session: SESSION, keys: wrapped };
    }
    return { expires_at: 600, joined: this.joined, nonce: this.joinerNonce, finished: this.finished };
  }
}

class Refused extends Error {}

const SESSION = { session_id: 's', account_id: ACCOUNT, rotate_at: 1, expires_at: 2 };
const ACCOUNT_ANSWER = {
  account_id: ACCOUNT,
  email: 'ada@example.org',
  created_at: 0,
  epoch: 1,
  rotation_due_at: 0,
  backup_codes_left: 0,
  wallet: { available: 0, held: 0 },
};

function apiAt(mailbox: Mailbox, alter: Alter = (told) => told): Api {
  return new Api(async (path, init) => {
    const body = JSON.parse(String(init.body ?? '{}')) as Told;
    const at = path.replace('/api', '');
    try {
      const told = await alter(mailbox.answer(init.method!, at, body), at);
      return new Response(JSON.stringify(told));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const code = error.message;
      return new Response(JSON.stringify({ code, title: code, status: 410, next_step: '' }), { status: 410 });
    }
  });
}

const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

function laptop(mailbox: Mailbox, alter?: Alter, refusesProof = false): GivingKeys {
  return new GivingKeys({
    api: apiAt(mailbox, alter),
    crypto: async () => crypto,
    origin: 'https://sealmate.example',
    wait,
    session: {
      account: { id: ACCOUNT, email: 'ada@example.org' },
      opened: made.opened,
      expectNothingOlder: async () => {},
    },
    stepUp: {
      run: (action: () => Promise<unknown>) => action(),
      withMaster: async (action: (keys: Reopened) => Promise<unknown>) => {
        if (refusesProof) throw notProved();
        const masterBytes = made.masterBytes.slice();
        return action({ account: ACCOUNT, wrapped, opened: made.opened, masterBytes });
      },
    },
  } as unknown as GivingParts);
}

function phone(mailbox: Mailbox, alter?: Alter, older: string | null = null): TakingKeys {
  return new TakingKeys({
    api: apiAt(mailbox, alter),
    crypto: async () => crypto,
    device: 'Firefox on Android',
    wait,
    session: {
      lowestEpoch: async () => 0,
      expectNothingOlder: async () => {
        if (older) throw Object.assign(new Error(), { reason: older });
      },
    },
  } as unknown as TakingParts);
}

const until = async (holds: () => boolean) => {
  while (!holds()) await wait();
};

/** Up to the comparison, or until one of the two has given up. */
async function meet(giving: GivingKeys, taking: TakingKeys) {
  void giving.start();
  await until(() => giving.invitation !== null);
  const entering = taking.join(giving.invitation!.text);
  await until(() => giving.step === 'comparing' || giving.trouble !== null);
  await until(() => taking.step === 'comparing' || taking.trouble !== null || giving.trouble !== null);
  return { entering };
}

describe('pairing', () => {
  it('shows the same code on both, and brings the keys with what was seen of them', async () => {
    const mailbox = new Mailbox();
    const [giving, taking] = [laptop(mailbox), phone(mailbox)];
    const { entering } = await meet(giving, taking);
    expect(giving.code).toMatch(/^\d{6}$/);
    expect(taking.code).toBe(giving.code);
    expect(giving.device).toBe('Firefox on Android');
    await giving.confirm();
    const signedIn = await entering;
    expect(giving.step).toBe('done');
    expect(signedIn?.account).toEqual({ id: ACCOUNT, email: 'ada@example.org' });
    expect(signedIn && toBase64url(signedIn.masterBytes)).toBe(toBase64url(made.masterBytes));
    expect(signedIn?.pins).toMatchObject({ epoch: 1, sequence: 1 });
    expect(signedIn?.salt).toBe('BBBB');
  });

  it('keeps the secret of the link behind the #, and tells the server only what follows from it', async () => {
    const mailbox = new Mailbox();
    const giving = laptop(mailbox);
    void giving.start();
    await until(() => giving.invitation !== null);
    const { text, link } = giving.invitation!;
    expect(link).toBe(`https://sealmate.example/login#pair=${text}`);
    expect(mailbox.pairingId).toBe((await crypto.readInvitation(text)).pairingId);
    expect(mailbox.asked.join()).not.toContain(text);
    await giving.refuse();
  });

  it('gives nothing if the codes differ, and says so to the other device', async () => {
    const mailbox = new Mailbox();
    const [giving, taking] = [laptop(mailbox), phone(mailbox)];
    const { entering } = await meet(giving, taking);
    await giving.refuse();
    expect(await entering).toBeNull();
    expect(taking.trouble?.code).toBe('pairing_over');
    expect(mailbox.sealed).toBeNull();
    expect(giving.step).toBe('over');
  });

  it('still waits for the word if the person would rather not prove it now', async () => {
    const mailbox = new Mailbox();
    const [giving, taking] = [laptop(mailbox, undefined, true), phone(mailbox)];
    await meet(giving, taking);
    await giving.confirm();
    expect(giving.step).toBe('comparing');
    expect(giving.trouble).toBeNull();
    expect(mailbox.sealed).toBeNull();
    taking.stop();
    await giving.refuse();
  });

  it('leaves nothing of an account that is not the own one', async () => {
    const mailbox = new Mailbox();
    const [giving, taking] = [laptop(mailbox), phone(mailbox)];
    const { entering } = await meet(giving, taking);
    await giving.confirm();
    const signedIn = (await entering)!;
    await taking.decline(signedIn);
    expect(mailbox.asked).toContain('POST /auth/logout');
    expect(signedIn.masterBytes.every((byte) => byte === 0)).toBe(true);
  });

  it('takes no text for a code that is none', async () => {
    const taking = phone(new Mailbox());
    expect(await taking.join('ABCD')).toBeNull();
    expect(taking.trouble?.code).toBe('bad_pairing_code');
    expect(taking.step).toBe('typing');
  });

  it('outlives a network that is gone for a moment', async () => {
    const mailbox = new Mailbox();
    let gone = 3;
    const flaky: Alter = (told, path) => {
      if (path.endsWith('/look') && gone-- > 0) throw new TypeError('network');
      return told;
    };
    const [giving, taking] = [laptop(mailbox), phone(mailbox, flaky)];
    const { entering } = await meet(giving, taking);
    await giving.confirm();
    expect((await entering)?.account.id).toBe(ACCOUNT);
    expect(gone).toBeLessThan(0);
  });
});

describe('a hostile server', () => {
  /** Of what the giving device is told once somebody has joined. */
  const toGiver = (change: (told: Told, joined: Told) => Told | Promise<Told>): Alter => {
    return (told) => (told.joined ? change(told, told.joined as Told) : told);
  };

  it('that puts its own key between shows another code', async () => {
    const mailbox = new Mailbox();
    const own = await crypto.introduce(await crypto.makeInvitation(), 'x');
    const public_key = toBase64url(own.device.publicKey);
    const between = toGiver(async (told, joined) => {
      const commitment = toBase64url(
        await commit(mailbox.pairingId, own.device.publicKey, fromBase64url(THEIRS)),
      );
      return { ...told, joined: { ...joined, public_key, commitment }, nonce: told.nonce && THEIRS };
    });
    const [giving, taking] = [laptop(mailbox, between), phone(mailbox)];
    await meet(giving, taking);
    expect(giving.code).toMatch(/^\d{6}$/);
    expect(taking.code).not.toBe(giving.code);
    taking.stop();
    await giving.refuse();
  });

  it.each([
    ['another nonce than was committed to', 'nonce_mismatch', { nonce: THEIRS }, {}],
    ['a commitment changed after the answer', 'device_changed', {}, { commitment: THEIRS }],
    ['a name changed after the answer', 'device_changed', {}, { device: 'Chrome' }],
  ])('%s is refused', async (_name, reason, changed, ofDevice) => {
    const mailbox = new Mailbox();
    const alter = toGiver((told, joined) =>
      told.nonce ? { ...told, ...changed, joined: { ...joined, ...ofDevice } } : told,
    );
    const [giving, taking] = [laptop(mailbox, alter), phone(mailbox)];
    await meet(giving, taking);
    expect(giving.trouble?.code).toBe(reason);
    expect(giving.step).toBe('over');
    expect(mailbox.over).toBe(true);
    await giving.confirm();
    expect(mailbox.sealed).toBeNull();
  });

  it.each([
    ['another nonce of the giver', { nonce: THEIRS }],
    ['keys sealed for another exchange', null],
  ])('%s opens nothing, and begins no session', async (_name, changed) => {
    const mailbox = new Mailbox();
    const [giving, other] = [laptop(mailbox), new Mailbox()];
    const alter: Alter = (told, path) => {
      if (!path.endsWith('/look') || !told.nonce) return told;
      return changed ? { ...told, ...changed } : { ...told, sealed: other.sealed };
    };
    const elsewhere = laptop(other);
    const { entering: there } = await meet(elsewhere, phone(other));
    await elsewhere.confirm();
    await there;
    const taking = phone(mailbox, alter);
    const { entering } = await meet(giving, taking);
    void giving.confirm();
    expect(await entering).toBeNull();
    expect(['not_authentic', 'wrong_key']).toContain(taking.trouble?.code);
    expect(mailbox.finished).toBe(false);
    await giving.refuse();
  });

  it.each<[string, string, (keys: WrappedKeys) => WrappedKeys]>([
    ['keys of another account', 'wrong_account', (keys) => ({ ...keys, account_id: SESSION.session_id })],
    [
      'another signing key',
      'signing_key_mismatch',
      (keys) => ({ ...keys, signing: { ...keys.signing, public_key: THEIRS } }),
    ],
    [
      'another master key',
      'bad_signature',
      (keys) => ({ ...keys, statement: { ...keys.statement, commitment: THEIRS } }),
    ],
    ['a list of ways in that is gone', 'manifest_missing', (keys) => ({ ...keys, manifest: null })],
    [
      'a way in that nobody named',
      'method_not_named',
      (keys) => ({ ...keys, methods: keys.methods.map((each) => ({ ...each, method_id: ACCOUNT })) }),
    ],
  ])('%s ends the session that was begun', async (_name, reason, change) => {
    const mailbox = new Mailbox();
    const alter: Alter = (told, path) =>
      path.endsWith('/finish') ? { ...told, keys: change(wrapped) } : told;
    const [giving, taking] = [laptop(mailbox), phone(mailbox, alter)];
    const { entering } = await meet(giving, taking);
    await giving.confirm();
    expect(await entering).toBeNull();
    expect(taking.trouble?.code).toBe(reason);
    expect(mailbox.asked).toContain('POST /auth/logout');
  });

  it('that shows less than this device has seen is refused', async () => {
    const mailbox = new Mailbox();
    const [giving, taking] = [laptop(mailbox), phone(mailbox, undefined, 'epoch_rolled_back')];
    const { entering } = await meet(giving, taking);
    await giving.confirm();
    expect(await entering).toBeNull();
    expect(taking.trouble?.code).toBe('epoch_rolled_back');
  });
});
