// The settings open with how the app looks.
import { redirect } from '@sveltejs/kit';

export function load(): never {
  redirect(307, '/settings/appearance');
}
