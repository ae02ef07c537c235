// What this browser is called in the list of devices: browser and system in plain words.

export interface BrowserSays {
  userAgent: string;
  userAgentData?: { brands: { brand: string }[]; platform: string };
}

const LONGEST = 64;

/** The first that fits counts: most browsers also name those they are compatible with. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg(A|iOS)?\//, 'Edge'],
  [/OPR\/|OPT\//, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Vivaldi\//, 'Vivaldi'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chromium\//, 'Chromium'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/CrOS/, 'ChromeOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux/, 'Linux'],
];
const BRANDS: Readonly<Record<string, string>> = { 'Google Chrome': 'Chrome', 'Microsoft Edge': 'Edge' };

export function deviceName(says: BrowserSays, on: (browser: string, system: string) => string): string {
  const browser =
    ofBrands(says.userAgentData?.brands ?? []) ?? firstOf(BROWSERS, says.userAgent) ?? 'Browser';
  const system = firstOf(SYSTEMS, says.userAgent) ?? clean(says.userAgentData?.platform ?? '');
  return clean(system ? on(browser, system) : browser).slice(0, LONGEST);
}

/** Brands mix in one that means nothing and the engine's own; a browser of its own name counts more. */
function ofBrands(brands: { brand: string }[]): string | null {
  const names = brands
    .map(({ brand }) => clean(brand))
    .filter((name) => name && !/not.?a.?brand/i.test(name));
  const name = names.find((each) => each !== 'Chromium') ?? names[0];
  return name === undefined ? null : (BRANDS[name] ?? name);
}

function firstOf(known: readonly (readonly [RegExp, string])[], text: string): string | null {
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

function clean(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').trim();
}
