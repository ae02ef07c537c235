// Whether Enter by itself sends: as the person chose, but on a touch keyboard it is the only way to a new line.
import { preferences } from '$lib/state/preferences.svelte';

export const touches = (): boolean => matchMedia('(pointer: coarse)').matches;

export const enterSends = (): boolean => preferences.enterSends && !touches();
