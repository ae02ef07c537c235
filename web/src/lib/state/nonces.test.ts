// What is signed next: each nonce for one request, and none that the server would no longer take.
import { expect, it } from 'vitest';
import { Nonces } from './nonces';

function made() {
  const asked: number[] = [];
  const clock = { now: 0 };
  const ask = async () => `asked ${asked.push(clock.now)}`;
  return { asked, clock, nonces: new Nonces(ask, () => clock.now) };
}

it('takes what an answer brought, once', async () => {
  const { nonces } = made();
  nonces.note('brought');
  nonces.note(null);
  expect([await nonces.take(), await nonces.take()]).toEqual(['brought', 'asked 1']);
});

it('never gives one to two requests', async () => {
  const { nonces } = made();
  nonces.expect();
  expect(await Promise.all([nonces.take(), nonces.take()])).toEqual(['asked 1', 'asked 2']);
});

it('asks anew for one that has grown old', async () => {
  const { nonces, clock } = made();
  nonces.note('brought');
  clock.now += 100_000;
  expect(await nonces.take()).toBe('asked 1');
});

it('does not ask for what is in hand', async () => {
  const { nonces, asked } = made();
  nonces.note('brought');
  nonces.expect();
  expect([await nonces.take(), asked]).toEqual(['brought', []]);
});

it('goes without where none is to be had', async () => {
  const nonces = new Nonces(async () => null);
  nonces.expect();
  expect(await nonces.take()).toBeNull();
});
