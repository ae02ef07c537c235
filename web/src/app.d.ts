// Types that SvelteKit reads; the app adds none of its own.
declare global {
  namespace App {}
}
export {};
