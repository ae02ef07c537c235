// Shows which way in can't be removed: the last one that opens the account besides the recovery key.
import { expect, it } from 'vitest';
import { onlyOneOf } from './ways_in';

const RECOVERY = { kind: 'recovery', unlocks: true } as const;
const PASSWORD = { kind: 'password', unlocks: true } as const;
const PASSKEY = { kind: 'passkey', unlocks: true } as const;
const SECOND_FACTOR = { kind: 'security_key', unlocks: false } as const;

it('has to stay where nothing else but the recovery key opens the account', () => {
  expect(onlyOneOf([RECOVERY, PASSWORD])).toBe(PASSWORD);
  expect(onlyOneOf([RECOVERY, PASSKEY, SECOND_FACTOR])).toBe(PASSKEY);
  expect(onlyOneOf([RECOVERY, PASSWORD, PASSKEY])).toBeNull();
});
