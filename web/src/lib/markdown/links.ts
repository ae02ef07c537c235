// Which addresses of an answer may become links: http, https and mailto, and always with the true host in sight.

export type Destination =
  { kind: 'open'; href: string; host: string } | { kind: 'local' } | { kind: 'refused' };

const MAX_LENGTH = 2_000;
/** Whatever comes before the first colon, unless a slash, question mark or hash came first: then it is a relative address. */
const scheme = /^[^/?#:]*:/;
const hidden = /[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}]/u;

/** Judges an address as written, after markdown's own escapes are resolved. */
export function judge(written: string): Destination {
  const address = written.trim();
  if (address.length > MAX_LENGTH || hidden.test(address) || address.startsWith('//'))
    return { kind: 'refused' };
  if (!scheme.test(address)) return { kind: 'local' };
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null) return { kind: 'refused' };
  if (url.protocol === 'mailto:') return { kind: 'open', href: url.href, host: url.pathname };
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  return web && url.host !== '' ? { kind: 'open', href: url.href, host: url.host } : { kind: 'refused' };
}

/** The host to show behind a link's words; null where the words are the address itself. */
export function hostBeside(words: string, destination: { href: string; host: string }): string | null {
  const said = plain(words);
  const { href, host } = destination;
  return said === plain(href) || said === plain(host) ? null : host;
}

function plain(address: string): string {
  return address
    .trim()
    .toLowerCase()
    .replace(/^(https?:\/\/|mailto:)/, '')
    .replace(/^www\./, '')
    .replace(/\/$/, '');
}
