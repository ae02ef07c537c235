// The session of one tab: open, locked, distrusted, signed out; what is kept on the disk for the next time.
import { describe, expect, it } from 'vitest';
import { Browser, secret, settled, signedIn, text } from './testing/browser';

describe('one tab', () => {
  it('begins signed out', async () => {
    const { session } = new Browser().tab();
    expect(session.phase).toBe('starting');
    await session.start();
    expect([session.phase, session.account, session.opened]).toEqual(['signed_out', null, null]);
  });

  it('is open after signing in, with a device key that follows from the master key', async () => {
    const { session } = await new Browser().signedInTab();
    expect(session.phase).toBe('open');
    expect(session.account).toEqual({ id: 'mira', email: 'mira@example.org' });
    expect(session.deviceKey).toBe('device key of master of mira');
  });

  it('leaves no master key behind in what was handed to it', async () => {
    const arrival = await signedIn('mira');
    await new Browser().tab().session.begin(arrival, { staySignedIn: false });
    expect(arrival.masterBytes.every((byte) => byte === 0)).toBe(true);
  });

  it('stays open through a refresh', async () => {
    const browser = new Browser();
    const { storage, closed } = await browser.signedInTab();
    closed();
    const { session } = browser.tab(storage);
    await session.start();
    expect([session.phase, session.deviceKey]).toEqual(['open', 'device key of master of mira']);
  });

  it.each([
    [false, 'locked'],
    [true, 'open'],
  ])('after all tabs were closed, with staying signed in %s, is %s', async (staySignedIn, phase) => {
    const browser = new Browser();
    (await browser.signedInTab('mira', { staySignedIn })).closed();
    const { session } = browser.tab();
    await session.start();
    expect(session.phase).toBe(phase);
  });

  it('keeps no usable key on the disk of someone who does not stay signed in', async () => {
    const browser = new Browser();
    await browser.signedInTab('noor', { staySignedIn: true });
    await browser.signedInTab('mira', { staySignedIn: false });
    expect(await browser.keys.get('kept_master')).toBeUndefined();
    const { sealed } = (await browser.keys.get('sealed_master'))!;
    expect(text(sealed)).not.toContain('master of mira');
  });
});

describe('locking', () => {
  it('forgets the keys, and the password opens them without the server', async () => {
    const browser = new Browser();
    const { session, storage } = await browser.signedInTab('mira', { staySignedIn: true });
    await session.lock();
    expect([session.phase, session.opened, session.deviceKey]).toEqual(['locked', null, null]);
    expect(await browser.keys.get('kept_master')).toBeUndefined();
    expect(storage.size).toBe(0);
    browser.answer = () => expect.fail('asked the server');
    await session.unlock(secret());
    expect(session.phase).toBe('open');
  });

  it('opens with the recovery key as well', async () => {
    const { session } = await new Browser().signedInTab();
    await session.lock();
    await session.unlock({ kind: 'recovery', text: 'recovery of mira' });
    expect(session.phase).toBe('open');
  });

  it('tells a wrong password from keys that were changed', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    await session.lock();
    await expect(session.unlock({ kind: 'password', text: 'no' })).rejects.toMatchObject({
      code: 'wrong_password',
    });
    await browser.keys.put({ lowest_epochs: { mira: 2 } });
    await expect(session.unlock(secret())).rejects.toMatchObject({ code: 'epoch_rolled_back' });
    expect(session.phase).toBe('locked');
  });
});

describe('what the server gave', () => {
  it('is distrusted until the keys are opened anew', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    browser.distrust('epoch_forked');
    expect(session.distrusted).toBe('epoch_forked');
    await session.lock();
    expect(session.distrusted).toBeNull();
  });

  it('is not of an epoch below the one that was followed to', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    const nothing = new Uint8Array();
    const pins = { epoch: 2, statement: nothing, sequence: 0, manifest: nothing };
    await browser.keys.put({ pins: { mira: pins } });
    await session.lock();
    await expect(session.unlock(secret())).rejects.toMatchObject({ code: 'epoch_rolled_back' });
  });
});

describe('staying signed in', () => {
  it('can be turned on without the password', async () => {
    const browser = new Browser();
    const { session, closed } = await browser.signedInTab();
    await session.stay(true);
    closed();
    const next = browser.tab();
    await next.session.start();
    expect(next.session.phase).toBe('open');
  });

  it('turned off, asks for the password the next time', async () => {
    const browser = new Browser();
    const { session, storage, closed } = await browser.signedInTab('mira', { staySignedIn: true });
    await session.stay(false);
    expect(session.phase).toBe('open');
    closed();
    const next = browser.tab(storage);
    await next.session.start();
    expect(next.session.phase).toBe('locked');
  });
});

describe('signing out', () => {
  it('holds here though the server cannot be told, which happens at the next start', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    browser.answer = () => {
      throw new TypeError('offline');
    };
    await session.logout({ erase: false });
    expect([session.phase, await browser.keys.get('account')]).toEqual(['signed_out', undefined]);
    browser.answer = () => new Response(null, { status: 204 });
    browser.requests = [];
    await browser.tab().session.start();
    await settled();
    expect(browser.requests).toEqual(['/api/auth/logout']);
    await expect.poll(() => browser.keys.get('logout_owed')).toBeUndefined();
  });

  it('erases what is kept here if that is wanted', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    await session.logout({ erase: true });
    expect([browser.erased, await session.othersHere('noor')]).toEqual([['mira'], []]);
  });

  it('asks the next one what to do with what was left, once', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    await session.logout({ erase: false });
    expect(browser.erased).toEqual([]);
    expect(await session.othersHere('mira')).toEqual([]);
    expect(await session.othersHere('noor')).toMatchObject([{ id: 'mira', email: 'mira@example.org' }]);
    await session.begin(await signedIn('noor'), { staySignedIn: false }); // kept apart
    expect(await session.othersHere('noor')).toEqual([]);
    expect(browser.erased).toEqual([]);
  });

  it('lets the next one erase it', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    await session.logout({ erase: false });
    await session.eraseOther('mira');
    expect([browser.erased, await session.othersHere('noor')]).toEqual([['mira'], []]);
  });

  it('never forgets how high an epoch was seen', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    await session.logout({ erase: true });
    expect(await session.lowestEpoch('mira')).toBe(1);
  });
});

describe('the secrets shown once', () => {
  const unsaved = { recoveryKey: 'AAAA-BBBB', backupCodes: ['11111-22222'] };

  it('outlive a refresh, sealed, until they are saved', async () => {
    const browser = new Browser();
    const first = browser.tab();
    await first.session.begin(await signedIn('mira'), { staySignedIn: false, unsaved });
    first.closed();
    const again = browser.tab(first.storage);
    await again.session.start();
    expect(again.session.unsaved).toEqual(unsaved);
    await again.session.secretsSaved();
    expect([again.session.unsaved, await browser.keys.get('unsaved_secrets')]).toEqual([null, undefined]);
  });

  it('are not there for another account', async () => {
    const browser = new Browser();
    await browser.tab().session.begin(await signedIn('mira'), { staySignedIn: false, unsaved });
    const other = browser.tab();
    await other.session.begin(await signedIn('noor'), { staySignedIn: false });
    expect(other.session.unsaved).toBeNull();
  });
});
