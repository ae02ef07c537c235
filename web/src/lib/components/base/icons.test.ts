// Icons that nothing shows are taken out: each costs every first visit its strokes.
import { expect, it } from 'vitest';
import { icons } from './icons';

const sources = Object.values(
  import.meta.glob<string>(['/src/**/*.{svelte,ts}', '!**/paraglide/**'], {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
);

it.each(Object.keys(icons))('the icon %s is shown somewhere', (name) => {
  const asIcon = new RegExp(`\\b(icon|name|kind)(=\\{[^}]*|=|: )['"]${name}['"]`);
  expect(sources.some((source) => asIcon.test(source))).toBe(true);
});
