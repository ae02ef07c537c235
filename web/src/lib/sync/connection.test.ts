// The line to the server: it comes back by itself, more and more patiently, and says honestly how it stands.
import { describe, expect, it } from 'vitest';
import type { Event } from '$lib/wire/events';
import { Connection, readEvent, type Network, type SocketListener } from './connection';
import { FakeClock, until } from './testing/fake_clock';

class Far {
  readonly clock = new FakeClock();
  readonly sent: unknown[] = [];
  readonly told: Network[] = [];
  readonly heard: Event[] = [];
  readonly dials: number[] = [];
  listeners: SocketListener[] = [];
  online = true;
  ticketsFail = false;
  connected = 0;
  fell = 0;
  readonly connection = new Connection({
    clock: this.clock,
    ticket: () => (this.ticketsFail ? Promise.reject(new Error('unreachable')) : Promise.resolve('ticket')),
    dial: (_ticket, listener) => {
      this.dials.push(this.clock.now());
      this.listeners.push(listener);
      return { send: (text) => void this.sent.push(JSON.parse(text)), close: () => undefined };
    },
    isOnline: () => this.online,
    heard: (event) => void this.heard.push(event),
    connected: () => (this.connected += 1),
    fell: () => (this.fell += 1),
    changed: (network) => void this.told.push(network),
  });

  /** The socket that was dialled last. */
  get line(): SocketListener {
    const last = this.listeners.at(-1);
    if (!last) throw new Error('never dialled');
    return last;
  }

  async dialled(times: number): Promise<void> {
    await until(() => expect(this.dials).toHaveLength(times));
  }
}

async function standing(): Promise<Far> {
  const far = new Far();
  far.connection.start();
  await far.dialled(1);
  far.line.opened();
  return far;
}

describe('a line', () => {
  it('tells which chat is shown, also after a fall, and every few minutes', async () => {
    const far = await standing();
    far.connection.show('chat');
    far.line.closed();
    await far.clock.pass(300);
    await far.dialled(2);
    far.line.opened();
    await far.clock.pass(5 * 60_000);
    expect(far.sent).toEqual([null, 'chat', 'chat', 'chat'].map((chat_id) => ({ action: 'focus', chat_id })));
  });

  it('is dialled again with growing patience', async () => {
    const far = await standing();
    const fallen = far.clock.now();
    for (const wait of [225, 750, 1500, 3000, 6000, 11_250, 22_500, 22_500]) {
      const { length } = far.dials;
      far.line.closed();
      await far.clock.pass(wait - 1);
      expect(far.dials).toHaveLength(length);
      await far.clock.pass(1);
      await far.dialled(length + 1);
    }
    expect(far.fell).toBe(1);
    expect(far.clock.now() - fallen).toBe(67_725);
  });

  it('says that it is offline after some tries in vain, and online when it stands', async () => {
    const far = await standing();
    far.ticketsFail = true;
    far.line.closed();
    await far.clock.pass(10_000);
    expect(far.told).toEqual(['online', 'connecting', 'offline']);
    far.ticketsFail = false;
    far.connection.wake();
    await far.dialled(2);
    far.line.opened();
    expect(far.told.at(-1)).toBe('online');
    expect(far.connected).toBe(2);
  });

  it('is not dialled while the browser knows of no network', async () => {
    const far = await standing();
    far.online = false;
    far.connection.wake();
    await far.clock.pass(60_000);
    expect([far.dials.length, far.told.at(-1), far.connection.send({ action: 'stop' })]).toEqual([
      1,
      'offline',
      false,
    ]);
  });

  it('that never opens is given up', async () => {
    const far = new Far();
    far.connection.start();
    await far.dialled(1);
    await far.clock.pass(16_000);
    await far.dialled(2);
  });

  it('hears nothing more of a socket that was replaced', async () => {
    const far = await standing();
    const old = far.line;
    far.connection.wake();
    await far.dialled(2);
    far.line.opened();
    old.received(JSON.stringify({ type: 'turn_stopped', turn_id: 't', chat_id: 'c' }));
    old.closed();
    expect([far.heard, far.connection.standing]).toEqual([[], true]);
  });

  it('that was stopped stays down', async () => {
    const far = await standing();
    far.connection.stop();
    await far.clock.pass(120_000);
    expect([far.dials.length, far.connection.standing]).toEqual([1, false]);
  });
});

it('what this app does not know or can not read is left out', () => {
  expect(readEvent('{"type":"turn_stopped","turn_id":"t","chat_id":"c","later":1}')).toMatchObject({
    turn_id: 't',
  });
  for (const text of ['{"type":"from_the_future"}', '{"type":"turn_stopped"}', 'nonsense', '[]', '']) {
    expect(readEvent(text)).toBeNull();
  }
});
