// How the app is built: static files with one fallback page, and the strict policy it runs under.
import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

const version = process.env.SEALMATE_WEB_VERSION;

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ fallback: 'index.html', precompress: false, strict: true }),
    // Absolute, so that the fallback page works at any depth.
    paths: { relative: false },
    alias: { $messages: 'src/lib/paraglide/messages' },
    version: { name: version ?? 'dev', pollInterval: 0 },
    // Apart from what a dev server or a check writes at the same time under another version.
    outDir: version ? '.svelte-kit/release' : '.svelte-kit',
    serviceWorker: { register: false },
    csp: {
      mode: 'hash',
      directives: {
        'default-src': ['none'],
        'script-src': ['self', 'wasm-unsafe-eval'],
        'style-src': ['self'],
        // SvelteKit's live region, hidden by an attribute of its own; bits-ui's `display: contents;`.
        'style-src-attr': [
          'unsafe-hashes',
          'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo=',
          'sha256-iaOezIDcQIoxCULa6FBKKuLUu09R7kG+Mlu+JVfU3Rw=',
        ],
        'img-src': ['self', 'data:', 'blob:'],
        'font-src': ['self'],
        'connect-src': ['self'],
        'worker-src': ['self'],
        'manifest-src': ['self'],
        'base-uri': ['none'],
        'form-action': ['self'],
        'require-trusted-types-for': ['script'],
        'trusted-types': ['svelte-trusted-html', 'sveltekit-trusted-url', 'sealmate'],
      },
    },
  },
};
