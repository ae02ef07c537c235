// Settings of one account on several devices, against a server in memory: they meet, whoever was faster, and nothing foreign is taken.
import * as crypto from '$lib/crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Api } from './api';
import { SettingsSync, type Seen, type Settings } from './settings_sync';

const ACCOUNT = '0b55061d-82e6-719b-819e-371ff8a1ee82';
const PLAIN = { theme: 'system', text_size: 'normal', enter_sends: true };
type Stored = { app: string; revision: number; key?: string | undefined; settings?: string | undefined };

let opened: crypto.Opened;
let turned: crypto.Opened;
beforeAll(async () => {
  const of = (fill: number, epoch: number) => crypto.importMasterKey(new Uint8Array(32).fill(fill), epoch);
  opened = { master: await of(1, 1), signingPublicKey: new Uint8Array(32) };
  turned = { ...opened, master: await of(2, 2) };
});

class Server {
  stored: Stored = { app: 'web', revision: 0 };
  puts = 0;
  online = true;
  asked: () => void = () => {};
  /** Happens before the next change is looked at. */
  meanwhile: (() => Promise<void>) | null = null;

  readonly fetch = async (_: string, init: RequestInit): Promise<Response> => {
    if (!this.online) throw new TypeError('lost');
    this.asked();
    if (init.method === 'PUT') {
      const { meanwhile } = this;
      this.meanwhile = null;
      await meanwhile?.();
      this.puts += 1;
      const { revision, ...made } = JSON.parse(String(init.body)) as Stored;
      if (revision !== this.stored.revision) {
        const problem = { code: 'settings_conflict', title: '', status: 409, next_step: '' };
        return new Response(JSON.stringify(problem), { status: 409 });
      }
      this.stored = { ...this.stored, ...made, revision: revision + 1 };
    }
    return new Response(JSON.stringify(this.stored));
  };
}

class Device {
  own: Settings;
  seen: Seen | null = null;
  opened = opened;
  ahead = 0;
  distrusted: string[] = [];
  sync: SettingsSync;

  constructor(server: Server, own: Settings = PLAIN, account = ACCOUNT) {
    this.own = own;
    this.sync = new SettingsSync(
      {
        api: new Api(server.fetch),
        crypto: async () => crypto,
        exclusively: async (_, work) => work(),
        opened: () => this.opened,
        seen: { read: () => this.seen, write: (seen) => (this.seen = structuredClone(seen)) },
        own: () => this.own,
        show: (settings) => {
          const known = Object.entries(settings).filter(
            ([name, value]) => name in PLAIN && value !== 'sepia',
          );
          this.own = { ...this.own, ...Object.fromEntries(known) };
        },
        keysAhead: () => void (this.ahead += 1),
        distrusted: (reason) => void this.distrusted.push(reason),
      },
      account,
    );
  }

  async choose(settings: Settings): Promise<void> {
    this.own = { ...this.own, ...settings };
    await this.sync.look();
  }
}

let server: Server;
let one: Device;
let other: Device;
beforeEach(async () => {
  server = new Server();
  one = new Device(server);
  other = new Device(server, { ...PLAIN, text_size: 'large' });
  await one.sync.look();
});

describe('settings', () => {
  it('are sent only once something is chosen, and sealed', async () => {
    expect([server.puts, server.stored.revision]).toEqual([0, 0]);
    await one.choose({ theme: 'dark' });
    expect(server.stored.revision).toBe(1);
    expect(JSON.stringify(server.stored)).not.toContain('dark');
    await one.sync.look();
    expect(server.puts).toBe(1);
  });

  it('chosen during the first look are not lost', async () => {
    const looking = other.sync.look();
    other.own = { ...other.own, theme: 'dark' };
    await looking;
    expect(server.stored.revision).toBe(1);
    await one.sync.look();
    expect(one.own).toEqual({ ...PLAIN, theme: 'dark' });
  });

  it('are taken by a device that sees them for the first time, which keeps what nobody chose', async () => {
    await one.choose({ theme: 'dark' });
    await other.sync.look();
    expect(other.own).toEqual({ ...PLAIN, text_size: 'large', theme: 'dark' });
    expect(server.puts).toBe(1);
  });

  it('meet when two devices chose at once, and the later choice of one setting wins', async () => {
    await one.choose({ theme: 'dark' });
    await other.sync.look();
    server.meanwhile = () => other.choose({ enter_sends: false, theme: 'light' });
    await one.choose({ text_size: 'largest', theme: 'system' });
    await other.sync.look();
    const both = { theme: 'system', text_size: 'largest', enter_sends: false };
    expect([one.own, other.own]).toEqual([both, both]);
  });

  it('chosen without a network go with the next look, and take nothing back that came meanwhile', async () => {
    await one.choose({ theme: 'dark' });
    await other.sync.look();
    server.online = false;
    await one.choose({ text_size: 'small' });
    server.online = true;
    await other.choose({ enter_sends: false });
    await one.sync.look();
    expect(one.own).toEqual({ theme: 'dark', text_size: 'small', enter_sends: false });
  });

  it('that this version does not know stay as they are', async () => {
    const newer = { ...PLAIN, theme: 'sepia', sounds: true };
    const key = await crypto.makeAppKey({ account: ACCOUNT, app: 'web', master: opened.master });
    const text = (bytes: crypto.Bytes) => Buffer.from(bytes).toString('base64url');
    const sealed = await crypto.sealSettings(key.key, { revision: 1, settings: newer });
    server.stored = { app: 'web', revision: 1, key: text(key.envelope), settings: text(sealed) };
    await one.sync.look();
    await one.choose({ enter_sends: false });
    const envelope = new Uint8Array(Buffer.from(server.stored.settings!, 'base64url'));
    const now = await crypto.openSettings(key.key, { revision: 2, envelope });
    expect(now).toEqual({ ...newer, enter_sends: false });
  });

  it('of another account that was here before are not sent', async () => {
    await one.choose({ theme: 'dark' });
    const next = new Device(new Server(), one.own, '5d2cbd6f-0000-4000-8000-000000000001');
    next.seen = one.seen;
    await next.sync.look();
    expect(next.seen).toMatchObject({ revision: 0 });
    expect(next.distrusted).toEqual([]);
  });

  it('are taken also if the master key turns while the server is asked', async () => {
    await one.choose({ theme: 'dark' });
    server.asked = () => (other.opened = turned);
    await other.sync.look();
    expect([other.own.theme, other.distrusted, other.ahead]).toEqual(['dark', [], 0]);
  });

  it('are looked at on word of a later revision alone', async () => {
    await one.choose({ theme: 'dark' });
    await other.sync.look();
    server.online = false;
    one.sync.heard(1);
    server.online = true;
    await other.choose({ theme: 'light' });
    one.sync.heard(2);
    await one.sync.look();
    expect(one.own.theme).toBe('light');
  });
});

describe('what the server gives is not taken', () => {
  it.each<[string, string, () => Partial<Stored>]>([
    ['if it is older than what was seen', 'settings_rolled_back', () => ({ revision: 1 })],
    ['if an old record comes as a new one', 'not_authentic', () => ({ revision: 3 })],
    ['if the settings are missing', 'settings_rolled_back', () => ({ revision: 0, settings: undefined })],
    ['if the key is missing', 'bad_content', () => ({ key: undefined })],
  ])('%s', async (_, reason, lie) => {
    await one.choose({ theme: 'dark' });
    await one.choose({ theme: 'light' });
    server.stored = { ...server.stored, ...lie() };
    const { puts } = server;
    await one.choose({ enter_sends: false });
    expect([one.distrusted, one.own.theme, server.puts]).toEqual([[reason], 'light', puts]);
  });

  it('if its key is under a master key that is not open here: that one is asked for', async () => {
    await one.choose({ theme: 'dark' });
    other.opened = turned;
    await other.sync.look();
    expect([other.distrusted, other.ahead]).toEqual([['wrong_key'], 0]);
    const key = await crypto.makeAppKey({ account: ACCOUNT, app: 'web', master: turned.master });
    server.stored.key = Buffer.from(key.envelope).toString('base64url');
    await one.sync.look();
    expect([one.distrusted, one.ahead]).toEqual([[], 1]);
  });
});

describe('settings that open nowhere', () => {
  beforeEach(async () => {
    await one.choose({ theme: 'dark' });
    await other.sync.look();
    const stranger = await crypto.importMasterKey(new Uint8Array(32).fill(9), 1);
    const { envelope } = await crypto.makeAppKey({ account: ACCOUNT, app: 'web', master: stranger });
    server.stored = { ...server.stored, revision: 2, key: Buffer.from(envelope).toString('base64url') };
    await one.choose({ text_size: 'large' });
    expect([one.distrusted, server.puts]).toEqual([['wrong_key'], 1]);
  });

  it('give way to those of a device whose owner says so, and the others take them', async () => {
    await one.sync.beginAnew();
    expect(server.stored.revision).toBe(3);
    await other.choose({ enter_sends: false });
    await one.sync.look();
    const both = { theme: 'dark', text_size: 'large', enter_sends: false };
    expect([one.own, other.own, other.distrusted]).toEqual([both, both, []]);
  });

  it('stay where the server gives older ones than were seen', async () => {
    server.stored.revision = 0;
    await expect(one.sync.beginAnew()).rejects.toMatchObject({ reason: 'settings_rolled_back' });
    expect([server.stored.revision, server.puts]).toEqual([0, 1]);
  });

  it('are told of where another device was faster, whose settings count', async () => {
    server.meanwhile = () => other.sync.beginAnew();
    await expect(one.sync.beginAnew()).rejects.toMatchObject({ code: 'settings_conflict' });
    await one.sync.look();
    expect([one.own.theme, one.own.text_size, server.stored.revision]).toEqual(['dark', 'large', 3]);
  });
});
