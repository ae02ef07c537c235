// The one part of virtua that a list needs; named here, so that its other parts stay out of what is loaded.
export { Virtualizer } from 'virtua/svelte';
