// Shows who is led where: signed out, locked, open, and in the middle of signing up.
import { describe, expect, it } from 'vitest';
import { whereTo, type Standing } from './doors';

const at = (path: string, standing: Partial<Standing> = {}) =>
  whereTo({ phase: 'open', before: 'open', arriving: false, unsaved: false, ...standing, path });

describe('signed out', () => {
  const out: Partial<Standing> = { phase: 'signed_out', before: 'starting' };

  it('may see the welcome and the ways in', () => {
    for (const path of ['/', '/login', '/signup']) expect(at(path, out)).toBeNull();
  });

  it('is asked to sign in where a link leads to a chat', () => {
    expect(at('/chat/1', out)).toBe('/login');
  });

  it('comes to the welcome after signing out', () => {
    expect(at('/settings/account', { ...out, before: 'open' })).toBe('/');
    expect(at('/chat/1', { ...out, before: 'locked' })).toBe('/');
  });
});

describe('open', () => {
  it('stays where it is', () => {
    for (const path of ['/', '/chat/1', '/settings']) expect(at(path, { arriving: true })).toBeNull();
  });

  it('has no business at the ways in', () => {
    expect(at('/login', { arriving: true })).toBe('/');
    expect(at('/signup', { before: 'starting' })).toBe('/');
  });

  it('is not torn out of the last steps of signing up or in', () => {
    expect(at('/signup', { before: 'signed_out' })).toBeNull();
    expect(at('/signup')).toBeNull();
    expect(at('/login', { before: 'signed_out' })).toBeNull();
  });

  it('is brought back to what must be saved', () => {
    expect(at('/', { unsaved: true, before: 'starting' })).toBe('/signup');
    expect(at('/signup', { unsaved: true, arriving: true })).toBeNull();
  });
});

it('locked and starting are shown in place', () => {
  for (const phase of ['locked', 'starting'] as const) {
    for (const path of ['/', '/login', '/chat/1']) expect(at(path, { phase, arriving: true })).toBeNull();
  }
});
