// A single-page app: nothing is rendered on a server, for a server has no keys.
export const ssr = false;
export const prerender = false;
