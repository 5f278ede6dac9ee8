import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

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

/** Runs in headless Chromium. Without it: fails on CI, else warns and skips the test. */
export async function inBrowser(run: (browser: Browser) => Promise<void>): Promise<void> {
  if (!existsSync(CHROMIUM)) {
    const sentence = `no browser at ${CHROMIUM}; set CHROMIUM to the path of one`;
    if (process.env['CI']) throw new Error(sentence);
    console.warn(`Not tried in a browser: ${sentence}.`);
    return;
  }
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  try {
    await run(browser);
  } finally {
    await browser.close();
  }
}
