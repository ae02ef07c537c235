// The rules for a new password, and that the terminal client has the same.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ADVISED_LENGTH, flawOf, loadCommonPasswords, MIN_LENGTH } from './password_rules';

const common = await loadCommonPasswords();
const email = 'Mira.Stone@example.org';

describe('flawOf', () => {
  it.each([
    ['seven77', 'too_short'],
    ['🦭🦭🦭🦭', 'too_short'], // characters are counted, not bytes or code units
    ['PassWord123', 'too_common'],
    ['  sunshine  ', 'too_common'],
    ['abababababab', 'too_common'],
    ['mira.stone@example.org', 'is_email'],
    ['MIRA.STONE', 'is_email'],
    ['lone \ud800 surrogate', 'not_text'],
  ])('refuses %j as %s', (password, flaw) => expect(flawOf(password, email, common)).toBe(flaw));

  it.each(['lantern otter mosaic', 'übermäßig', 'p4nther!'])('takes %j', (password) =>
    expect(flawOf(password, email, common)).toBeNull(),
  );

  it.each(['mustang1', 'trustno1', 'willkommen', ' CorrectHorse ', '12345678910'])(
    'refuses %j, which stands in published leaks',
    (password) => expect(flawOf(password, email, new Set([...common, 'correcthorse']))).toBe('too_common'),
  );

  it('knows thousands of them', () => expect(common.size).toBeGreaterThan(9_000));
});

describe('the terminal client', () => {
  const rules = readFileSync('../cli/sealmate_cli/password_rules.py', 'utf8');

  it('refuses the same passwords', () => {
    const theirs = readFileSync('../cli/sealmate_cli/common_passwords.txt', 'utf8');
    expect(new Set(theirs.trim().split('\n'))).toEqual(common);
  });

  it('has the same lengths', () => {
    expect(rules).toContain(`MIN_LENGTH = ${MIN_LENGTH}\n`);
    expect(rules).toContain(`ADVISED_LENGTH = ${ADVISED_LENGTH}\n`);
  });
});
