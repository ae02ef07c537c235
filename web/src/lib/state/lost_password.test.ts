// Whether somebody is asked for a new password: whoever came in by the recovery key, and nobody who signs in after them.
import { expect, it } from 'vitest';
import { LostPassword } from './lost_password.svelte';

it('is suspected of one account, until it is settled', () => {
  const session: { account: { id: string; email: string } | null } = { account: null };
  const lostPassword = new LostPassword(session);
  lostPassword.suspect('mira');
  const suspected = (id: string | null) => {
    session.account = id === null ? null : { id, email: `${id}@example.org` };
    return lostPassword.suspected;
  };
  expect([null, 'mira', 'ada', 'mira'].map(suspected)).toEqual([false, true, false, true]);
  lostPassword.settle();
  expect(suspected('mira')).toBe(false);
});
