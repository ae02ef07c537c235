// Shows that every code of the server has its words here in both languages, and that an unknown one keeps the server's.
import { readFileSync } from 'node:fs';
import { describe as group, expect, it } from 'vitest';
import { overwriteGetLocale } from '$lib/paraglide/runtime';
import { describe } from './describe';

const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
const codes = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((row) => row[1] as string);
const failed = (code: string) => ({ code, message: 'Server words.', nextStep: 'Server step.' });

group('describe', () => {
  it('finds the codes in docs/errors.md', () => {
    expect(codes).toContain('harm_refused');
  });

  it.each(codes)('has words of its own for %s, in English and German', (code) => {
    overwriteGetLocale(() => 'en');
    const english = describe(failed(code));
    overwriteGetLocale(() => 'de');
    const german = describe(failed(code));
    expect(english.sentence).not.toBe('Server words.');
    expect(english.nextStep).not.toBe('Server step.');
    expect(german.sentence).not.toBe(english.sentence);
    expect(german.nextStep).not.toBe(english.nextStep);
  });

  it('keeps the words of a code it does not know', () => {
    for (const code of ['brand_new', 'constructor', '__proto__']) {
      expect(describe(failed(code))).toEqual({ sentence: 'Server words.', nextStep: 'Server step.' });
    }
  });

  it('says how long to wait, rounded up, and how much is missing', () => {
    overwriteGetLocale(() => 'en');
    expect(describe({ ...failed('too_many_tries'), retryAfter: 61 }).nextStep).toMatch(
      /^Try again in 2 minutes\./,
    );
    expect(describe({ ...failed('too_many_tries'), retryAfter: 1 }).nextStep).toMatch(
      /^Try again in 1 second\./,
    );
    expect(describe({ ...failed('insufficient_credits'), missingCredits: 3 }).sentence).toMatch(
      /3 credits are missing\.$/,
    );
  });
});
