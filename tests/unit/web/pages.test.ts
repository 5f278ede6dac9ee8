import type { OperatorPages } from '../../../src/config/operator-pages.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { textFor } from '../../../src/text/text.ts';
import { identityError } from '../../../src/identity/codes.ts';
import type { SignInPages } from '../../../src/usecases/ports/sign-in-pages.ts';
import { createWebPages } from '../../../src/web/pages.ts';

const link = 'l'.repeat(43);

function pagesWith(
  change: Partial<SignInPages> = {},
  profile: 'local' | 'production' = 'production',
  operator: OperatorPages = {},
) {
  const asked: unknown[] = [];
  const errors: unknown[] = [];
  const pages = createWebPages({
    config: {
      profile,
      server: {
        publicUrl: 'http://127.0.0.1:3978',
        host: '127.0.0.1',
        port: 3978,
        pages: operator,
      },
    },
    signIn: {
      begin: (input) => {
        asked.push(input);
        const redirectTo = 'https://id.example/a?b=c';
        return Promise.resolve({ redirectTo, setCookie: 'k=v; Path=/' });
      },
      finish: (input) => {
        asked.push(input);
        return Promise.resolve({ code: '12345678', setCookie: 'k=; Max-Age=0' });
      },
      ...change,
    },
    log: { ...silentLogger, error: (...given) => errors.push(given) },
    textFor,
  });
  return { pages, asked, errors };
}

const query = (text: string) => ({
  query: new URLSearchParams(text),
  cookie: 'k=v',
  locale: null,
});

test('opening a link calls no provider; its page continues by a form to the same address', async () => {
  const { pages, asked } = pagesWith();
  const reply = await pages.signInStart(query(`link=${link}`));
  expect([reply.status, asked, reply.headers['set-cookie']]).toEqual([200, [], undefined]);
  expect(reply.body).toContain(`<form method="post" action="/auth/start?link=${link}">`);
  // Browsers apply this to the redirects of a form too.
  expect(reply.headers['content-security-policy']).toContain('form-action *;');
  const hostile = await pages.signInStart(query('link="><script>alert(1)</script>'));
  expect(hostile.body).toContain('action="/auth/start?link=%22%3E%3Cscript%3E');
});

test('continuing redirects to the provider and binds the browser by a cookie', async () => {
  const { pages, asked } = pagesWith();
  expect(await pages.signInBegin(query(`link=${link}`))).toEqual({
    status: 303,
    body: '',
    headers: {
      'content-type': 'text/html; charset=utf-8',
      location: 'https://id.example/a?b=c',
      'set-cookie': 'k=v; Path=/',
    },
  });
  expect(asked).toEqual([{ link }]);
});

test('rejects a repeated link parameter', async () => {
  const { pages, asked } = pagesWith();
  await pages.signInBegin(query(`link=${link}&link=${link}`));
  expect(asked).toEqual([{ link: '' }]);
});

test('the last page shows the code, deletes the cookie, and allows scripts by nonce alone', async () => {
  const { pages } = pagesWith();
  const reply = await pages.signInCallback(query('state=s&code=c'));
  const html = String(reply.body);
  const nonce = /nonce-([\w-]{24})'/.exec(reply.headers['content-security-policy'] ?? '')?.[1];
  expect(reply.headers['set-cookie']).toBe('k=; Max-Age=0');
  expect(html).toContain('<output><span>1234</span><span>5678</span></output>');
  expect(html).toContain('data-code="12345678"');
  const scripts = [...html.matchAll(/<script ([^>]*)>([^<]*)</g)];
  expect(scripts).toHaveLength(2);
  for (const [, attributes, inline] of scripts) {
    expect(attributes).toContain(`nonce="${nonce}"`);
    expect(inline).toBe('');
  }
  const policy = reply.headers['content-security-policy'];
  expect(policy).toMatch(/^default-src 'none'; .*base-uri 'none'; form-action 'none'; /);
  expect(policy).toMatch(/; frame-ancestors https:\/\/teams\.microsoft\.com /);
  const again = await pages.signInCallback(query('state=s&code=c'));
  expect(again.headers['content-security-policy']).not.toContain(nonce);
});

test('sends the code to the opening page in the local profile alone', async () => {
  const local = await pagesWith({}, 'local').pages.signInCallback(query(''));
  expect(local.body).toContain('data-opener="http://127.0.0.1:3979 http://localhost:3979"');
  const production = await pagesWith().pages.signInCallback(query(''));
  expect(production.body).toContain('data-opener=""');
});

test('a refusal is a page with its code, and its markup remains text', async () => {
  const { pages } = pagesWith({
    finish: () =>
      Promise.reject(identityError('sign_in_refused', { about: '<img src=x onerror=1>' })),
  });
  const reply = await pages.signInCallback(query('error=access_denied'));
  expect(reply.status).toBe(400);
  expect(reply.body).toContain('&lt;img src=x onerror=1&gt;');
  expect(reply.body).toContain('<code>sign_in_refused</code>');
  expect(reply.body).not.toContain('<script');
});

test('answers 503 when the provider is down; logs a fault and reveals nothing of it', async () => {
  const down = pagesWith({
    begin: () => Promise.reject(identityError('sign_in_unavailable')),
  });
  expect((await down.pages.signInBegin(query(''))).status).toBe(503);
  const broken = pagesWith({ begin: () => Promise.reject(new Error('db7.internal')) });
  const reply = await broken.pages.signInBegin(query(''));
  expect([reply.status, String(reply.body).includes('db7')]).toEqual([500, false]);
  expect(broken.errors).toHaveLength(1);
});

test('serves the listed assets alone', () => {
  const { pages } = pagesWith();
  for (const name of ['teams.js', 'sign-in.js', 'sign-in-start.js', 'sign-in.css']) {
    expect(pages.asset(name)?.body.length).toBeGreaterThan(500);
  }
  for (const name of ['', '../pages.ts', 'constructor', '__proto__', 'sign-in.js/../x', 'x.js']) {
    expect(pages.asset(name)).toBeUndefined();
  }
});

describe('the pages that the Teams app links to', () => {
  const operated = (operator: OperatorPages) => pagesWith({}, 'production', operator).pages;

  test.each(['home', 'privacy', 'terms'] as const)('%s has a text of its own', (name) => {
    const reply = operated({}).operator({ name, locale: null });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatch(/<h1>[^<]+<\/h1>\n<p>[^<]+/);
  });

  test('are three different texts', () => {
    const names = ['home', 'privacy', 'terms'] as const;
    const bodies = names.map((name) => operated({}).operator({ name, locale: null }).body);
    expect(new Set(bodies).size).toBe(3);
  });

  test("show the operator's text, escaped, in headings and paragraphs", () => {
    const text = '# Privacy\nContoso <stores> this.\n\nSecond line\nof it.\r\n\r\n';
    const { body, headers } = operated({ privacy: { text } }).operator({
      name: 'privacy',
      locale: 'de',
    });
    expect(body).toContain(
      '<h1>Privacy</h1>\n<p>Contoso &lt;stores&gt; this.</p>\n<p>Second line<br>of it.</p>',
    );
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });

  test("redirect to the operator's address", () => {
    const redirect = 'https://www.northwind.dev/terms';
    const reply = operated({ terms: { redirect } }).operator({ name: 'terms', locale: null });
    expect([reply.status, reply.headers['location']]).toEqual([302, redirect]);
  });
});
