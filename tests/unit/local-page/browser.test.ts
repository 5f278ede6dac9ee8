import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { startPageServer } from '../../../src/local/page-server.ts';
import { FakeWorld } from './fake-world.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
];
const TIMEOUT_MS = 60_000;
const CHANNEL = '19:approvals@thread.tacv2';

test(
  'a click in a browser decides and is shown live to everybody; a sign-in repeats the click',
  async () => {
    if (!existsSync(CHROMIUM)) {
      const sentence = `no browser at ${CHROMIUM}; set CHROMIUM to the path of one`;
      if (process.env['CI']) throw new Error(sentence);
      console.warn(`The page was not tried in a browser: ${sentence}.`);
      return;
    }
    const world = new FakeWorld();
    const signIn = await signInPage();
    const page = await startPageServer({ world });
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const problems: string[] = [];
      const open = (as: string) => openAs({ browser, url: page.url, as, problems });
      await approveLive({ world, open });
      world.signInUrl = `http://127.0.0.1:${(signIn.address() as AddressInfo).port}/`;
      await signInAndApprove({ world, open });
      expect(problems).toEqual([]);
    } finally {
      await browser.close();
      await page.stop();
      await new Promise((done) => signIn.close(done));
    }
  },
  TIMEOUT_MS,
);

type Open = (as: string) => Promise<Page>;

async function approveLive({ world, open }: { world: FakeWorld; open: Open }): Promise<void> {
  const id = world.ask({
    number: 41,
    service: 'checkout',
    version: '4.12.0',
    requester: 'Mia Berg',
    state: 'pending',
    reason: 'Fixes <img src=x onerror="document.title=1"> a double charge',
  });
  const [mia, aisha, oskar] = [await open('mia'), await open('aisha'), await open('oskar')];
  await aisha.locator('.card', { hasText: 'You may decide this request.' }).waitFor();
  await showAgain(aisha);
  expect(world.refreshed).toEqual([`aisha ${id}`]);
  await press(oskar, 'Approve');
  await oskar.locator('.notice.bad', { hasText: 'role-missing' }).waitFor();
  await press(aisha, 'Approve');
  for (const one of [aisha, mia, oskar]) {
    await one.locator('.card', { hasText: 'Decided by' }).getByText('Aisha Khan').waitFor();
    await one.locator('.edited', { hasText: 'Edited' }).waitFor();
    expect(await one.locator('.card img').count()).toBe(0);
    const tooWide = 'document.documentElement.scrollWidth > innerWidth';
    expect(await one.evaluate(tooWide)).toBe(false);
  }
  await threadsStandTogether({ world, page: mia, root: id });
  for (const one of [mia, aisha, oskar]) await one.context().close();
}

async function threadsStandTogether({
  world,
  page,
  root,
}: {
  world: FakeWorld;
  page: Page;
  root: string;
}): Promise<void> {
  const from = { id: '28:countersign', name: 'Countersign', bot: true };
  world.post(CHANNEL, { from, text: 'Something else' });
  world.post(CHANNEL, { from, text: 'An answer', threadId: root });
  await page.locator('.message', { hasText: 'An answer' }).waitFor();
  const texts = await page.locator('.message').allInnerTexts();
  expect(texts.map((text) => /Decided by|answer|else/.exec(text)?.[0])).toEqual([
    'Decided by',
    'answer',
    'else',
  ]);
  expect(await page.locator('.message.reply').count()).toBe(1);
}

async function signInAndApprove({ world, open }: { world: FakeWorld; open: Open }): Promise<void> {
  world.singleSignOn = false;
  world.ask({
    number: 42,
    service: 'billing',
    version: '1.0.0',
    requester: 'Mia Berg',
    state: 'pending',
    reason: 'Month end',
  });
  const tomas = await open('tomas');
  await press(tomas, 'Approve');
  await tomas.locator('.sign-in').waitFor();
  // Messages of another origin than the sign-in page's carry no code.
  await tomas.evaluate("window.postMessage({ countersignCode: '123456' }, '*')");
  await tomas.evaluate('new Promise((done) => setTimeout(done, 100))');
  expect(await tomas.locator('.sign-in').count()).toBe(1);
  await tomas.locator('.sign-in').getByRole('button', { name: 'Sign in' }).click();
  await tomas.locator('.card', { hasText: 'Decided by' }).getByText('Tomás Silva').waitFor();
  expect(await tomas.locator('.sign-in').count()).toBe(0);
}

/** Renders the messages again in two ways; neither may request the same view again. */
async function showAgain(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Back to chats' }).click();
  await page.locator('.chat-item', { hasText: 'Approvals' }).click();
  await page.locator('.card', { hasText: 'You may decide this request.' }).waitFor();
  for (const hidden of [true, false]) {
    await page.evaluate(`document.querySelector('.scroller').hidden = ${hidden}`);
    await page.evaluate('new Promise((done) => setTimeout(done, 150))');
  }
}

async function press(page: Page, name: string): Promise<void> {
  await page.locator('.card').getByRole('button', { name, exact: true }).last().click();
}

async function openAs(options: {
  browser: Browser;
  url: string;
  as: string;
  problems: string[];
}): Promise<Page> {
  const context = await options.browser.newContext({ viewport: { width: 420, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => options.problems.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) options.problems.push(message.text());
  });
  await page.goto(`${options.url}/?as=${options.as}&chat=approvals&theme=dark`);
  await page.locator('.card').first().waitFor();
  return page;
}

/** A sign-in page of another origin that sends its code to the page that opened it. */
async function signInPage(): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<script>opener.postMessage({ countersignCode: "123456" }, "*")</script>');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}
