// One session in several tabs: they open, lock and sign out together, sign in again in place, and renew it once.
import { describe, expect, it } from 'vitest';
import { Browser, bytes, notSignedIn, NOW, secret, settled, signedIn, wrapped } from './testing/browser';

describe('several tabs', () => {
  it('a new tab gets the keys from an open one', async () => {
    const browser = new Browser();
    await browser.signedInTab();
    const { session } = browser.tab();
    await session.start();
    expect(session.phase).toBe('open');
  });

  it('lock, unlock and sign out together', async () => {
    const browser = new Browser();
    const one = await browser.signedInTab();
    const two = browser.tab();
    await two.session.start();
    await one.session.lock();
    expect(two.session.phase).toBe('locked');
    await two.session.unlock(secret());
    await expect.poll(() => one.session.phase).toBe('open');
    await one.session.logout({ erase: false });
    expect([two.session.phase, two.session.account]).toEqual(['signed_out', null]);
  });

  it('sign in together', async () => {
    const browser = new Browser();
    const waiting = browser.tab();
    await waiting.session.start();
    await browser.signedInTab();
    await expect.poll(() => waiting.session.phase).toBe('open');
  });

  it('begin anew if one of them signs in as somebody else', async () => {
    const browser = new Browser();
    await browser.signedInTab('mira');
    const other = browser.tab();
    await other.session.begin(await signedIn('noor'), { staySignedIn: false });
    expect(browser.reloads).toBe(1);
  });
});

describe('an ended session', () => {
  const AnyAnswer = null;

  it('asks to sign in again, and what waited goes on', async () => {
    const browser = new Browser();
    const { session, api } = await browser.signedInTab();
    browser.answer = notSignedIn;
    const call = api.post(AnyAnswer, '/things');
    await expect.poll(() => session.expired).toBe(true);
    expect(session.phase).toBe('open'); // the work stays where it is
    browser.answer = () => new Response(null, { status: 204 });
    await session.renew(await signedIn('mira', 's2'));
    expect([await call, session.expired]).toEqual([null, false]);
  });

  it('goes on in every tab', async () => {
    const browser = new Browser();
    const one = await browser.signedInTab();
    const two = browser.tab();
    await two.session.start();
    browser.answer = notSignedIn;
    const call = two.api.post(AnyAnswer, '/things');
    await expect.poll(() => two.session.expired).toBe(true);
    browser.answer = () => new Response(null, { status: 204 });
    await one.session.renew(await signedIn('mira', 's2'));
    expect([await call, two.session.expired]).toEqual([null, false]);
  });

  it('whose key was turned meanwhile goes on with the new one, and with what is kept here', async () => {
    const browser = new Browser();
    const { session } = await browser.signedInTab();
    const { deviceKey } = session;
    const arrival = await signedIn('mira', 's2');
    const next = { epoch: 2, key: 'next master of mira' as unknown as CryptoKey };
    const masterBytes = bytes('next master of mira');
    await session.renew({
      ...arrival,
      opened: { ...arrival.opened, master: next },
      masterBytes,
      wrapped: wrapped('mira', 2),
    });
    expect(session.opened?.master).toEqual(next);
    expect([session.phase, session.deviceKey]).toEqual(['open', deviceKey]);
    expect((await browser.keys.get('store_keys'))?.mira).toEqual({ epoch: 2, sealed: bytes('handed on') });
    expect((await browser.keys.get('account'))?.wrapped.epoch).toBe(2);
    expect(masterBytes.every((byte) => byte === 0)).toBe(true);
  });

  describe.each([true, false])('where the person stays signed in (%s)', (staySignedIn) => {
    async function endedTab(browser: Browser) {
      const tab = await browser.signedInTab('mira', { staySignedIn });
      browser.answer = notSignedIn;
      const call = tab.api.post(AnyAnswer, '/things');
      await expect.poll(() => tab.session.expired).toBe(true);
      await settled();
      return { ...tab, call };
    }

    async function reloaded(browser: Browser, { storage, closed }: ReturnType<Browser['tab']>) {
      closed();
      const tab = browser.tab(storage);
      await tab.session.start();
      return tab;
    }

    it('leaves nothing that opens the chats once the page is left', async () => {
      const browser = new Browser();
      const tab = await endedTab(browser);
      expect(await browser.keys.get('kept_master')).toBeUndefined();
      expect(await browser.keys.get('sealed_master')).toBeUndefined();
      const { session } = await reloaded(browser, tab);
      expect([session.phase, session.expired, session.opened]).toEqual(['locked', true, null]);
    });

    it('can still be read by who knows the password, until the server is asked again', async () => {
      const browser = new Browser();
      const { session, api } = await reloaded(browser, await endedTab(browser));
      await session.unlock(secret());
      expect([session.phase, session.expired]).toEqual(['open', false]);
      void api.post(AnyAnswer, '/things');
      await expect.poll(() => session.expired).toBe(true);
    });

    it('is open again, and stays so, for who signs in where it is locked', async () => {
      const browser = new Browser();
      const tab = await reloaded(browser, await endedTab(browser));
      browser.answer = () => new Response(null, { status: 204 });
      await tab.session.renew(await signedIn('mira', 's2'));
      expect([tab.session.phase, tab.session.expired]).toEqual(['open', false]);
      const { session } = await reloaded(browser, tab);
      expect([session.phase, session.staySignedIn]).toEqual(['open', staySignedIn]);
    });

    it('stays open through a refresh for who has signed in again in place', async () => {
      const browser = new Browser();
      const tab = await endedTab(browser);
      browser.answer = () => new Response(null, { status: 204 });
      await tab.session.renew(await signedIn('mira', 's2'));
      await tab.call;
      const { session } = await reloaded(browser, tab);
      expect([session.phase, session.expired]).toEqual(['open', false]);
    });

    it('goes on in another tab when one signs in where it is locked', async () => {
      const browser = new Browser();
      const waiting = await endedTab(browser);
      const locked = browser.tab();
      await locked.session.start();
      expect(locked.session.phase).toBe('locked');
      browser.answer = () => new Response(null, { status: 204 });
      await locked.session.renew(await signedIn('mira', 's2'));
      expect([await waiting.call, waiting.session.expired]).toEqual([null, false]);
    });
  });

  it('takes nobody else', async () => {
    const { session } = await new Browser().signedInTab();
    await expect(session.renew(await signedIn('noor'))).rejects.toMatchObject({ code: 'other_account' });
  });

  it('fails what waits when the person signs out instead', async () => {
    const browser = new Browser();
    const { session, api } = await browser.signedInTab();
    browser.answer = notSignedIn;
    const call = api.post(AnyAnswer, '/things');
    await expect.poll(() => session.expired).toBe(true);
    const failed = expect(call).rejects.toMatchObject({ code: 'not_signed_in' });
    await session.logout({ erase: false });
    await failed;
  });
});

describe('rotation', () => {
  const rotated = (account: string) =>
    new Response(
      JSON.stringify({
        session: { session_id: 's1', account_id: account, rotate_at: NOW + 500, expires_at: NOW + 900 },
      }),
    );

  it('renews the cookie when it is due, once for all tabs', async () => {
    const browser = new Browser();
    browser.answer = () => rotated('mira');
    const { session } = browser.tab();
    await session.begin(await signedIn('mira', 's1', NOW - 1), { staySignedIn: false });
    await expect.poll(async () => (await browser.keys.get('account'))?.rotateAt).toBe(NOW + 500);
    await browser.tab().session.start();
    await settled();
    expect(browser.requests.filter((path) => path !== '/api/auth/nonce')).toEqual([
      '/api/auth/session/rotate',
    ]);
  });

  it('leaves a cookie alone that is not due', async () => {
    const browser = new Browser();
    await browser.signedInTab();
    await settled();
    expect(browser.requests).toEqual(['/api/auth/nonce']);
  });

  it('notices that the session has ended', async () => {
    const browser = new Browser();
    browser.answer = notSignedIn;
    const { session } = browser.tab();
    await session.begin(await signedIn('mira', 's1', NOW - 1), { staySignedIn: false });
    await expect.poll(() => session.expired).toBe(true);
    await settled();
    expect(await browser.keys.get('sealed_master')).toBeUndefined();
  });
});

it('proves the person again for what asks for it', async () => {
  const { session } = await new Browser().signedInTab();
  const { auth } = await session.proofOf(secret());
  expect(new TextDecoder().decode(auth)).toBe('auth password of mira');
});

it('opens in every tab with the password that was chosen in one of them, and with no other', async () => {
  const browser = new Browser();
  const { session: one, storage } = await browser.signedInTab();
  const { session: other } = browser.tab(new Map(storage));
  await other.start();
  const changed = wrapped('mira');
  changed.methods[0]!.secret = 'another password';
  changed.methods[0]!.salt = 'BBBB';
  changed.methods[0]!.kdf_profile = 1;
  await one.methodsChanged({ wrapped: changed });
  expect((await browser.keys.get('account'))?.salt).toBe('BBBB');
  await settled();
  await one.lock();
  for (const session of [one, other]) {
    await expect(session.unlock(secret())).rejects.toMatchObject({ code: 'wrong_password' });
  }
  await other.unlock({ kind: 'password', text: 'another password' });
  expect(other.phase).toBe('open');
});
