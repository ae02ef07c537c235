// Shortcuts, written `mod+shift+o`: what they are called on this keyboard, and whether a press is one of them.
import { m } from '$lib/paraglide/messages';

const mac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The keys of a shortcut as they are printed on the keyboard. */
export function keyNames(shortcut: string): string[] {
  const names: Record<string, string> = {
    mod: mac ? '⌘' : m.app_key_ctrl(),
    shift: mac ? '⇧' : m.app_key_shift(),
    alt: mac ? '⌥' : 'Alt',
    enter: '↵',
    escape: 'Esc',
    arrowup: '↑',
    arrowdown: '↓',
  };
  return shortcut.split('+').map((key) => names[key] ?? key.toUpperCase());
}

/** Whether this press is that shortcut. Shift counts only with a letter: `?` needs it on some keyboards and not on others. */
export function isPressed(shortcut: string, event: KeyboardEvent): boolean {
  const keys = shortcut.split('+');
  const key = keys.at(-1);
  const mod = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  if (event.key.toLowerCase() !== key || other) return false;
  if (mod !== keys.includes('mod') || event.altKey !== keys.includes('alt')) return false;
  return !/^[a-z]$/.test(key) || event.shiftKey === keys.includes('shift');
}
