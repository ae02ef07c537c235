// The device's own key: one an account, out of every script's reach, and proofs that only it can make.
import { fromBase64url } from '$lib/wire/base64url';
import { expect, it } from 'vitest';
import { DeviceKeys } from './device_keys';
import { MemoryKeyStore } from './key_store';

const REQUEST = { method: 'POST', path: '/auth/ticket', nonce: 'nonce' };
const read = (part: string) =>
  JSON.parse(new TextDecoder().decode(fromBase64url(part))) as Record<string, unknown>;

function browser() {
  const keys = new MemoryKeyStore();
  let turn: Promise<unknown> = Promise.resolve();
  const exclusively = <T>(_: string, work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work);
    turn = next.catch(() => null);
    return next;
  };
  return { keys, device: new DeviceKeys(async () => keys, exclusively, 'https://sealmate.example') };
}
const jwkOf = (proof: string) => read(proof.split('.')[0]!)['jwk'] as JsonWebKey;

it('signs method, address and nonce, with a key that verifies it', async () => {
  const proof = await browser().device.prove('ada', REQUEST);
  const [head, body, signature] = proof.split('.') as [string, string, string];
  const { typ, alg, jwk } = read(head);
  expect([typ, alg]).toEqual(['dpop+jwt', 'ES256']);
  expect(read(body)).toMatchObject({
    htm: 'POST',
    htu: 'https://sealmate.example/api/auth/ticket',
    nonce: 'nonce',
  });
  const es256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('jwk', jwk as JsonWebKey, es256, false, ['verify']);
  const signed = new TextEncoder().encode(`${head}.${body}`);
  expect(await crypto.subtle.verify(es256, key, fromBase64url(signature), signed)).toBe(true);
  expect(Object.keys(jwk as object).sort()).toEqual(['crv', 'kty', 'x', 'y']);
});

it('keeps one key an account, which cannot be read out', async () => {
  const { keys, device } = browser();
  const [one, two] = await Promise.all([device.prove('ada', REQUEST), device.prove('ada', REQUEST)]);
  expect(jwkOf(one)).toEqual(jwkOf(two));
  expect(jwkOf(await device.prove('bob', REQUEST))).not.toEqual(jwkOf(one));
  const { privateKey } = (await keys.get('device_keys'))!['ada']!;
  await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
});

it('is another device once it was forgotten', async () => {
  const { device } = browser();
  const [ada, bob] = [await device.prove('ada', REQUEST), await device.prove('bob', REQUEST)];
  await device.forget('ada');
  expect(jwkOf(await device.prove('ada', REQUEST))).not.toEqual(jwkOf(ada));
  expect(jwkOf(await device.prove('bob', REQUEST))).toEqual(jwkOf(bob));
});
