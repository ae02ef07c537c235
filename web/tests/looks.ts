// A page as different people meet it: in light, in dark, on a small phone; what must hold in each, and a picture to look at.
import AxeBuilder from '@axe-core/playwright';
import type { Page, TestInfo } from '@playwright/test';
import { expect } from './fixtures';

const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1280, height: 800 },
  { name: 'dark', colorScheme: 'dark', width: 1280, height: 800 },
  { name: 'mobile', colorScheme: 'light', width: 360, height: 740 },
] as const;
/** The narrowest that WCAG asks for. */
const NARROWEST = { width: 320, height: 640 };

const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

const softly = expect.configure({ soft: true });

interface Way {
  /** What shows only at some width, such as a drawer. */
  only?: (typeof LOOKS)[number]['name'];
}

/** Draws the page in every look and tells what is wrong with it. */
export async function looked(page: Page, name: string, info: TestInfo, { only }: Way = {}): Promise<void> {
  for (const { name: look, colorScheme, width, height } of LOOKS) {
    if (only !== undefined && look !== only) continue;
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: `${info.project.outputDir}/pages/${name}-${look}.png` });
    // As wide as in light, it differs by its colours alone.
    const rules = look === 'dark' && only === undefined ? OF_COLOURS : null;
    expect.soft(await seriousFindings(page, rules), `${name}, ${look}: what axe finds`).toEqual([]);
  }
  if (only === undefined || only === 'mobile') {
    await page.setViewportSize(NARROWEST);
    // What lies above the page, such as a drawer, is laid out a moment after it.
    await softly.poll(() => tooWide(page), `${name}: what is wider than ${NARROWEST.width} px`).toEqual([]);
  }
  await page.setViewportSize({ width: LOOKS[0].width, height: LOOKS[0].height });
}

/** By these rules; null for all there are. */
async function seriousFindings(page: Page, rules: string[] | null): Promise<string[]> {
  // Without frames there is nothing to put together in a page of its own, which takes as long as the rest.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (rules === null ? axe : axe.withRules(rules)).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

/** Elements that reach beyond the window without lying in something that scrolls, or that clips on purpose. */
async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const clips = (element: Element) => getComputedStyle(element).overflowX !== 'visible';
    const held = (element: Element): boolean =>
      element.parentElement !== null &&
      element.parentElement !== document.body &&
      (clips(element.parentElement) || held(element.parentElement));
    const most = document.documentElement.clientWidth + 1;
    const wide = [...document.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > most && !held(element),
    );
    const scrolls = [document.documentElement, ...document.body.querySelectorAll('main, dialog')].filter(
      (element) =>
        element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== 'hidden',
    );
    return [...wide, ...scrolls].map((element) => element.outerHTML.slice(0, 120));
  });
}
