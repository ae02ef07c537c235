// When, counted from the start of a navigation, the things a person waits for are on the screen.
import type { Page } from '@playwright/test';

/** A selector, and what the text of one of those in sight has to contain. */
export type Wanted = Readonly<Record<string, readonly [selector: string, text: string]>>;

declare global {
  var appeared: Record<string, number>;
}

/** From the next navigation of this page on; looks once a frame, and counts the frame it was painted in. */
export async function watchFor(page: Page, wanted: Wanted): Promise<void> {
  await page.addInitScript((sought) => {
    globalThis.appeared = {};
    const isThere = ([selector, text]: readonly [string, string]) =>
      [...document.querySelectorAll(selector)].some((element) => {
        const { top, bottom, height } = element.getBoundingClientRect();
        const inSight = height > 0 && bottom > 0 && top < innerHeight;
        return inSight && (element.textContent ?? '').includes(text);
      });
    const look = () => {
      const found = Object.keys(sought).filter((name) => !(name in appeared) && isThere(sought[name]!));
      if (found.length > 0) {
        const painted = new MessageChannel();
        painted.port1.onmessage = () => {
          for (const name of found) appeared[name] = performance.now();
        };
        painted.port2.postMessage(null);
      }
      if (Object.keys(appeared).length < Object.keys(sought).length) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, wanted);
}

export async function whenAllAppeared(page: Page, wanted: Wanted): Promise<Record<string, number>> {
  const count = Object.keys(wanted).length;
  await page.waitForFunction((all) => Object.keys(globalThis.appeared ?? {}).length === all, count);
  return page.evaluate(() => globalThis.appeared);
}
