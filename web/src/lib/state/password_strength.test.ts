// The estimate of a password's strength with the real word lists.
import { expect, it } from 'vitest';
import { loadStrengthMeter } from './password_strength';

it('tells what falls at once from what holds', async () => {
  const meter = await loadStrengthMeter();
  expect(meter.strengthOf('dragon12', 'mira@example.org')).toBeLessThan(2);
  expect(meter.strengthOf('lantern otter mosaic 9', 'mira@example.org')).toBe(4);
});

it("counts for nothing what is in the person's own address", async () => {
  const meter = await loadStrengthMeter();
  const password = 'wolkenstein.anemone';
  const alien = meter.strengthOf(password, 'mira@example.org');
  expect(meter.strengthOf(password, 'wolkenstein.anemone@example.org')).toBeLessThan(alien);
});
