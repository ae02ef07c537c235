// What is saved at sign-up: the sheet holds everything, the countdown reads like a clock.
import { expect, it } from 'vitest';
import { keepWords, recoverySheet } from './recovery_sheet';
import { remaining } from './remaining';

const words = {
  title: 'Title',
  account: 'Account: a@b.example',
  made: 'Made today',
  recoveryKey: 'Recovery key',
  recoveryKeyFor: 'For the password.',
  backupCodes: 'Backup codes',
  backupCodesFor: 'For the authenticator.',
  keep: 'Keep this.',
};

it('puts the key and every code on lines of their own', () => {
  const lines = recoverySheet({ recoveryKey: 'AAAA-BBBB', backupCodes: ['1-1', '2-2'] }, words)
    .split('\n')
    .map((line) => line.trim());
  for (const line of ['Account: a@b.example', 'AAAA-BBBB', '1-1', '2-2', 'Keep this.'])
    expect(lines).toContain(line);
});

it('does not speak of backup codes where there are none', () => {
  expect(recoverySheet({ recoveryKey: 'AAAA-BBBB', backupCodes: [] }, words)).not.toContain('Backup codes');
});

it('says of the key together with codes, and of no part alone, that they open the account', () => {
  const [recoveryKey, backupCodes] = ['AAAA-BBBB', ['1-1']];
  expect(keepWords({ recoveryKey, backupCodes })).toContain('can open your account');
  for (const part of [{ recoveryKey }, { recoveryKey, backupCodes: [] }, { backupCodes }])
    expect(keepWords(part)).not.toContain('can open');
});

it('holds codes alone when only they are new', () => {
  const sheet = recoverySheet({ backupCodes: ['1-1'] }, words);
  expect(sheet).toContain('    1-1');
  expect(sheet).not.toContain('Recovery key');
});

it.each([
  [null, null],
  [0, null],
  [-5000, null],
  [1, '0:01'],
  [29_000, '0:29'],
  [61_000, '1:01'],
  [3_552_000, '59:12'],
  [3_905_000, '1:05:05'],
])('counts %j ms down as %j', (left, clock) => {
  expect(remaining(left === null ? null : 1_000_000 + left, 1_000_000)).toBe(clock);
});
