// One person signs up for a whole file of tests; each test gets that person's browser with a page of its own.
import { test as base, type Page } from '@playwright/test';
import { signUp, type Account } from './person';

interface Mine {
  page: Page;
}
interface Shared {
  home: { account: Account; open: () => Promise<Page>; close: (page: Page) => Promise<void> };
}

export const test = base.extend<Mine & { account: Account }, Shared>({
  home: [
    async ({ browser }, use, info) => {
      const baseURL = info.project.use.baseURL!;
      const context = await browser.newContext({
        baseURL,
        locale: 'en-GB',
        timezoneId: 'Europe/Berlin',
        reducedMotion: 'reduce',
      });
      context.setDefaultTimeout(40_000);
      const first = await context.newPage();
      const account = await signUp(first);
      await use({ account, open: () => context.newPage(), close: (page) => page.close() });
      await context.close();
    },
    { scope: 'worker', timeout: 240_000 },
  ],
  account: async ({ home }, use) => use(home.account),
  page: async ({ home }, use) => {
    const page = await home.open();
    const errors: string[] = [];
    page.on('pageerror', (error) => {
      // Said by a page that is left while it still loads; one that lacks a part for good shows nothing, which any test notices.
      if (!error.message.includes('Failed to fetch dynamically imported module')) errors.push(String(error));
    });
    page.on('console', (message) => {
      if (/content security policy|trusted ?type/i.test(message.text())) errors.push(message.text());
    });
    await use(page);
    await home.close(page);
    base.expect(errors, 'errors of the page itself').toEqual([]);
  },
});
export { expect } from '@playwright/test';
