// Who may stand where: the ways in are for those outside, everything else for those whose keys are open.

export interface Standing {
  phase: 'starting' | 'signed_out' | 'locked' | 'open';
  /** The phase before this one, or the same if only the page changed. */
  before: Standing['phase'];
  path: string;
  /** The path has just changed: nobody is in the middle of anything here. */
  arriving: boolean;
  /** The recovery key and backup codes were not saved yet. */
  unsaved: boolean;
}

const DOORS = ['/login', '/signup', '/lost'];

export function isDoor(path: string): boolean {
  // The receipt of an erasure is for who has no account any more.
  return DOORS.includes(path) || path.startsWith('/erased/');
}

/** The path to go to instead, or null to stay. */
export function whereTo({ phase, before, path, arriving, unsaved }: Standing): string | null {
  if (phase === 'signed_out') {
    if (isDoor(path) || path === '/') return null;
    // Someone who has just signed out wants to leave; someone who came by a link wants to get in.
    return before === 'open' || before === 'locked' ? '/' : '/login';
  }
  if (phase !== 'open') return null;
  if (unsaved) return path === '/signup' ? null : '/signup';
  // Whoever has just come in here is led on by the steps themselves, to the last of them.
  return isDoor(path) && (arriving || before === 'starting') ? '/' : null;
}
