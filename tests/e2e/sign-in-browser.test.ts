import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startPageServer } from '../../src/local/page-server.ts';
import { inBrowser } from '../support/in-browser.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  askByPipeline,
  eventuallyIn,
  placeInChannel,
  press,
  readRequest,
} from '../support/people-at-work.ts';

const TIMEOUT_MS = 60_000;

let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld();
  world.connector.singleSignOn = false;
});
afterAll(async () => {
  await world?.stop();
});

/**
 * Known messages that are no faults. teams-js asks a host of Microsoft for its list of origins: the
 * page's policy blocks it, and teams-js has the list itself. The local page has one of two origins.
 */
const KNOWN = /teams-js\/validDomains|Failed to execute 'postMessage'/;

/** All other errors and warnings of a page, and what its content security policy blocks. */
function collectErrors(context: BrowserContext): string[] {
  const errors: string[] = [];
  context.on('weberror', (error) => errors.push(error.error().message));
  context.on('console', (message) => {
    const text = message.text();
    if (['error', 'warning'].includes(message.type()) && !KNOWN.test(text)) errors.push(text);
  });
  return errors;
}

async function openLink(
  browser: Browser,
  options: { javaScriptEnabled: boolean },
): Promise<{ id: string; page: Page; errors: string[] }> {
  const { id, number } = await askByPipeline(world);
  const place = await placeInChannel(world, number);
  const clicked = await press(world, 'amara', { place, verb: 'approve' });
  if (clicked.kind !== 'signIn') throw new Error(`no sign-in: ${clicked.kind}`);
  const context = await browser.newContext(options);
  const errors = collectErrors(context);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(clicked.url);
  return { id, page, errors };
}

test(
  'the sign-in button of the local page decides after one press at the provider',
  () =>
    inBrowser(async (browser) => {
      const { id } = await askByPipeline(world);
      const port = Number(new URL(world.url).port) + 1;
      const server = await startPageServer({ world: world.connector, port });
      try {
        const context = await browser.newContext();
        const errors = collectErrors(context);
        const page = await context.newPage();
        page.setDefaultTimeout(15_000);
        await page.goto(`${server.url}/?as=amara`);
        await page.locator('.chat-item', { hasText: 'Approvals' }).click();
        const button = page.locator('.card').getByRole('button', { name: 'Approve', exact: true });
        await button.last().click();
        const opened = context.waitForEvent('page');
        await page.locator('.sign-in').getByRole('button', { name: 'Sign in' }).click();
        const popup = await opened;
        await popup.getByRole('button', { name: 'Amara Okafor' }).click();
        await eventuallyIn(world, id, 'applied');
        await popup.waitForEvent('close').catch(() => expect(popup.isClosed()).toBe(true));
        expect(errors).toEqual([]);
      } finally {
        await server.stop();
      }
    }),
  TIMEOUT_MS,
);

test(
  'without scripts the page has a button for the link and shows the code for typing',
  () =>
    inBrowser(async (browser) => {
      const { id, page, errors } = await openLink(browser, { javaScriptEnabled: false });
      await page.getByRole('heading', { name: 'Sign in to show that it is you' }).waitFor();
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('button', { name: 'Amara Okafor' }).click();
      expect((await page.locator('output').innerText()).replace(/\s/g, '')).toMatch(/^\d{8}$/);
      expect(errors).toEqual([]);
      expect(await readRequest(world, id)).toMatchObject({ state: 'pending' });
    }),
  TIMEOUT_MS,
);

test(
  'a hidden page does not use the link before it becomes visible',
  () =>
    inBrowser(async (browser) => {
      const context = await browser.newContext();
      // As a prerendered page or one in a background tab reports itself.
      await context.addInitScript(
        'Object.defineProperty(document, "visibilityState", ' +
          '{ configurable: true, get: () => window.seen ?? "hidden" })',
      );
      const { number } = await askByPipeline(world);
      const place = await placeInChannel(world, number);
      const clicked = await press(world, 'kenji', { place, verb: 'approve' });
      const page = await context.newPage();
      await page.goto(clicked.kind === 'signIn' ? clicked.url : '');
      await page.getByRole('button', { name: 'Continue' }).waitFor();
      await page.evaluate('new Promise((done) => setTimeout(done, 300))');
      expect(page.url()).toContain('/auth/start?link=');
      await page.evaluate(
        'window.seen = "visible"; ' + 'document.dispatchEvent(new Event("visibilitychange"))',
      );
      await page.getByRole('button', { name: 'Kenji Watanabe' }).waitFor();
    }),
  TIMEOUT_MS,
);
