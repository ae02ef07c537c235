// Shows what the palette finds for what is typed, and in which order.
import { describe, expect, it } from 'vitest';
import type { Command } from '$lib/state/commands.svelte';
import { inSections, matching } from './matching';

const command = (label: string, section = 'App', keywords = ''): Command => ({
  id: label,
  label,
  section,
  keywords,
  run: () => undefined,
});
const labels = (commands: Command[]) => commands.map(({ label }) => label);

describe('matching', () => {
  const all = [
    command('Show side bar'),
    command('Über uns'),
    command('Settings', 'Go', 'theme'),
    command('Reset bar'),
  ];

  it('keeps everything and its order while nothing is typed', () => {
    expect(labels(matching(all, '  '))).toEqual(labels(all));
  });

  it('puts what begins with the words first', () => {
    expect(labels(matching(all, 'set'))).toEqual(['Settings', 'Reset bar']);
  });

  it('asks for every word, in any order', () => {
    expect(labels(matching(all, 'bar side'))).toEqual(['Show side bar']);
    expect(matching(all, 'bar nothing')).toEqual([]);
  });

  it('minds neither accents nor case, and knows other words', () => {
    expect(labels(matching(all, 'UBER'))).toEqual(['Über uns']);
    expect(labels(matching(all, 'theme'))).toEqual(['Settings']);
  });

  it('does not read what is typed as a pattern', () => {
    expect(matching(all, '.*')).toEqual([]);
  });
});

describe('inSections', () => {
  it('gathers each section once, in the order of its first command', () => {
    const sections = inSections([command('a', 'Two'), command('b', 'One'), command('c', 'Two')]);
    expect(sections.map(({ name }) => name)).toEqual(['Two', 'One']);
    expect(labels(sections[0]?.commands ?? [])).toEqual(['a', 'c']);
  });
});
