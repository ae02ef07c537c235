// The rules for a new password, and that the terminal client has the same.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMONEST, flawOf, MIN_LENGTH, ADVISED_LENGTH } from './password_rules';

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
  ])('refuses %j as %s', (password, flaw) => expect(flawOf(password, email)).toBe(flaw));

  it.each(['lantern otter mosaic', 'übermäßig', 'p4nther!'])('takes %j', (password) =>
    expect(flawOf(password, email)).toBeNull(),
  );

  it('refuses what a longer list knows, however it is typed', () => {
    const isCommon = (plain: string) => plain === 'correcthorse';
    expect(flawOf(' CorrectHorse ', email, isCommon)).toBe('too_common');
  });
});

describe('the terminal client', () => {
  const rules = readFileSync('../cli/sealmate_cli/password_rules.py', 'utf8');

  it('refuses the same passwords', () => {
    const list = /_LIST = """([^"]*)"""/.exec(rules)![1]!;
    expect([...COMMONEST].sort()).toEqual(list.trim().split(/\s+/).sort());
  });

  it('has the same lengths', () => {
    expect(rules).toContain(`MIN_LENGTH = ${MIN_LENGTH}\n`);
    expect(rules).toContain(`ADVISED_LENGTH = ${ADVISED_LENGTH}\n`);
  });
});
