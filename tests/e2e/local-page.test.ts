import type { Browser, Page } from 'playwright-core';
import { eventually } from '../../src/local/find.ts';
import { startPageServer } from '../../src/local/page-server.ts';
import { inBrowser } from '../support/in-browser.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  DEPLOYMENT,
  askByApi,
  eventuallyIn,
  placeInChannel,
  press,
  readRequest,
  textAt,
} from '../support/people-at-work.ts';

let world: LocalWorld;
let page: Awaited<ReturnType<typeof startPageServer>>;
beforeAll(async () => {
  world = await startWorld();
  // The sign-in page hands its code to the page beside the service.
  const port = Number(new URL(world.url).port) + 1;
  page = await startPageServer({ world: world.connector, port });
});
afterAll(async () => {
  await page?.stop();
  await world?.stop();
});

async function openAs(browser: Browser, person: string, width = 1360): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const opened = await context.newPage();
  opened.setDefaultTimeout(20_000);
  await opened.goto(`${page.url}/?as=${person}&chat=approvals`);
  await opened.locator('.card').first().waitFor();
  return opened;
}

const DATABASE = { workflow: 'database-access', fields: { database: 'orders', ticket: 'INC-17' } };
const PAYMENT = {
  workflow: 'payment-release',
  fields: { payment: 'PAY-4711', amount: 12, purpose: 'Invoice 9' },
};

test('Details opens in place, and sends nothing to the app', async () => {
  const asked = await askByApi(world, 'mia', DEPLOYMENT);
  await placeInChannel(world, asked.number);
  await inBrowser(async (browser) => {
    const amara = await openAs(browser, 'amara');
    const card = amara.locator('.card').last();
    await card.getByRole('button', { name: 'Show or hide details' }).click();
    await card.getByText(asked.id).waitFor();
    expect(await amara.locator('.notice').count()).toBe(0);
    await card.getByRole('button', { name: 'Show or hide details' }).click();
    await card.getByText(asked.id).waitFor({ state: 'hidden' });
  });
}, 120_000);

test.each([1360, 390, 280])(
  'shows a whole ring around what has the focus at %d px',
  async (width) => {
    const asked = await askByApi(world, 'mia', DEPLOYMENT);
    await placeInChannel(world, asked.number);
    await inBrowser(async (browser) => {
      const amara = await openAs(browser, 'amara', width);
      expect(await amara.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
      const stops = new Map<string, string>();
      for (let stop = 0; stop < 60; stop += 1) {
        await amara.keyboard.press('Tab');
        const { name, ring } = (await amara.evaluate(RING)) as { name: string; ring: string };
        stops.set(name, ring);
      }
      expect([...stops.keys()]).toEqual(
        expect.arrayContaining(['Approve', 'Type a message', 'Show or hide details']),
      );
      expect([...stops].filter(([, ring]) => ring !== 'whole')).toEqual([]);
    });
  },
  120_000,
);

/** The ring of the focused element, or of the box that stands for it, and what cuts it off. */
const RING = `(() => {
  const at = document.activeElement;
  const name = at.getAttribute('aria-label') || at.textContent.trim();
  if (at === document.body) return { name: 'body', ring: 'whole' };
  const ringed = [at, at.parentElement].find((one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2;
  });
  if (!ringed) return { name, ring: 'none' };
  const reach = 2 + parseFloat(getComputedStyle(ringed).outlineOffset);
  const box = ringed.getBoundingClientRect();
  for (let over = ringed.parentElement; over; over = over.parentElement) {
    if (getComputedStyle(over).overflowX === 'visible') continue;
    const room = over.getBoundingClientRect();
    const isCut = box.left - reach < room.left - 0.5 || box.right + reach > room.right + 0.5;
    if (isCut) return { name, ring: 'cut off by ' + (over.className || over.tagName) };
  }
  return { name, ring: 'whole' };
})()`;

test('a sign-in that was left can be begun again', async () => {
  const asked = await askByApi(world, 'mia', DEPLOYMENT);
  await placeInChannel(world, asked.number);
  world.connector.singleSignOn = false;
  await inBrowser(async (browser) => {
    const amara = await openAs(browser, 'amara');
    const card = amara.locator('.card').last();
    await card.getByRole('button', { name: 'Approve' }).click();
    const bar = amara.locator('.sign-in');
    const openWith = async (name: string) => {
      const opened = amara.waitForEvent('popup');
      await bar.getByRole('button', { name }).click();
      const popup = await opened;
      await popup.getByText('Who are you today?').waitFor();
      return popup;
    };
    await (await openWith('Sign in')).close();
    await (await openWith('Begin again')).close();
    const popup = await openWith('Begin again');
    await popup.getByText('Amara Okafor').click();
    await card.getByText('Amara Okafor').waitFor();
    await eventuallyIn(world, asked.id, 'applied');
  }).finally(() => {
    world.connector.singleSignOn = true;
  });
}, 120_000);

test('the hint of each head of department says what their role may do', async () => {
  const deployment = await askByApi(world, 'mia', DEPLOYMENT);
  const access = await askByApi(world, 'mia', DATABASE);
  const approve = async (person: string, { number }: { number: number }) =>
    press(world, person, { place: await placeInChannel(world, number), verb: 'approve' });
  expect(await approve('kenji', access)).toMatchObject({ kind: 'message' });
  expect(await approve('kenji', deployment)).toMatchObject({ kind: 'card' });
  expect(await approve('amara', access)).toMatchObject({ kind: 'card' });
  const hints = new Map(world.people.map(({ id, hint }) => [id, hint]));
  expect(hints.get('kenji')).toBe(
    'Decide deployments too; access to a database for Payments is not yours to approve.',
  );
  expect(hints.get('tomasz')).toContain('only the head of your own department');
  expect(hints.get('amara')).toContain('databases for Payments');
});

test('the target of each demo workflow answers for itself', async () => {
  const answers: unknown[] = [];
  for (const [body, approvers] of [
    [DEPLOYMENT, ['amara']],
    [DATABASE, ['amara']],
    [PAYMENT, ['amara', 'ingrid']],
  ] as const) {
    const asked = await askByApi(world, 'mia', body);
    for (const [stage, person] of approvers.entries()) {
      const place = await placeInChannel(world, asked.number);
      const wanted = `stage ${stage + 1} of`;
      await eventually(wanted, () => stage === 0 || textAt(world, person, place).includes(wanted));
      expect(await press(world, person, { place, verb: 'approve' })).toMatchObject({
        kind: 'card',
      });
    }
    await eventuallyIn(world, asked.id, 'applied');
    const { execution, outcome } = await readRequest(world, asked.id, 'mia');
    const { target } = execution as { target: string };
    const { message, reference } = outcome as { message: string; reference: string };
    answers.push([target.split('/').at(-1), reference.split('-')[0], message]);
  }
  expect(answers).toEqual([
    ['deploy', 'deploy', 'Rolled out.'],
    ['database', 'login', 'The read-only login is ready.'],
    ['payments', 'transfer', 'The bank has taken the payment.'],
  ]);
});
