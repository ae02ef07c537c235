// How a way in is called, as its owner named it or by its kind; and which one has to stay.
import { m } from '$lib/paraglide/messages';
import type { MethodListed } from '$lib/wire/http';

const KINDS = {
  password: m.ways_kind_password,
  recovery: m.ways_kind_recovery,
  passkey: m.ways_kind_passkey,
  security_key: m.ways_kind_security_key,
};

export function kindOf(way: Pick<MethodListed, 'kind'>): string {
  return KINDS[way.kind]();
}

export function nameOf(way: Pick<MethodListed, 'kind' | 'name'>): string {
  return way.name ?? kindOf(way);
}

/** The only one that opens the account besides the recovery key: the server refuses to remove it. */
export function onlyOneOf<W extends Pick<MethodListed, 'kind' | 'unlocks'>>(ways: readonly W[]): W | null {
  const opening = ways.filter((way) => way.unlocks && way.kind !== 'recovery');
  return opening.length === 1 ? opening[0]! : null;
}
