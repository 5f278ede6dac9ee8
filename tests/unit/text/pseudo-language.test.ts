import { createCards } from '../../../src/cards/cards.ts';
import { outcomeOf } from '../../../src/domain/outcome.ts';
import { refuse } from '../../../src/domain/refusal.ts';
import { REQUEST_STATES } from '../../../src/domain/request/state.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Viewer } from '../../../src/domain/views/request-view.ts';
import { identityError } from '../../../src/identity/codes.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import type { LocalConnector } from '../../../src/local/connector.ts';
import { demoBotAppId, demoTenantId } from '../../../src/local/people.ts';
import type { Json } from '../../../src/local/world.ts';
import { readActivity } from '../../../src/teams/inbound/activity.ts';
import { textFor } from '../../../src/text/text.ts';
import { createWebPages } from '../../../src/web/pages.ts';
import { pendingRequest } from '../../support/builders.ts';
import {
  asData,
  pseudo,
  untranslated,
  untranslatedIn,
  untranslatedOn,
} from '../../support/pseudo-text.ts';
import {
  amara,
  decision,
  field,
  mia,
  NOW,
  OWNER,
  OWNER_ROLE,
  OWNER_SEAT,
  sample,
  seats,
  viewer,
  workflow,
} from '../cards/samples.ts';
import { startServer } from '../http/support.ts';
import { CHANNEL, mia as miaInTeams, startBot, startWire, TURN } from '../teams/world.ts';

const cards = createCards({ publicUrl: 'https://127.0.0.1' })(pseudo);

const two = {
  ...OWNER,
  id: 'stage-2',
  seats: seats(2, { ...OWNER_SEAT, roles: ['approver', 'admin'] }),
  denyQuorum: 2,
  stepUp: { acr: ['c1'], amr: ['mfa'], maxAgeMs: 90_500 },
};
const old = decision(amara, 'deny', { id: 'dec_2', reason: 'Not tonight.' });
const decisions = [
  decision(amara),
  decision(amara, 'withdraw', { id: 'dec_3', nth: 2 }),
  { ...old, evidence: { ...old.evidence, token: { ...old.evidence.token, issuedAt: 0 } } },
];
const people = decisions.map(({ id }, at) => ({
  decisionId: id,
  key: amara.key,
  role: 'approver',
  found: 'lost' as const,
  seats: [],
  ...(at === 1 ? {} : { claim: 'department' }),
}));
const { plan } = sample();
const answered = { target: 'deploy.example', status: 503, said: 'Later' };
const outcome = outcomeOf('target_busy', answered, { at: NOW, reference: 'build 9' });
const long = Object.fromEntries(
  Array.from({ length: 40 }, (_, at) => [`field-${at}`, 'x'.repeat(900)]),
);

const SHOWN: Readonly<Record<string, Partial<Request>>> = {
  'two open stages': { plan: { ...plan, stages: [OWNER, two] } },
  'stages one after the other': {
    plan: { ...plan, stages: [OWNER, { ...two, after: ['stage-1'] }] },
  },
  'decisions of all kinds': { decisions, plan: { ...plan, stages: [OWNER, two] } },
  'a recheck': { state: 'failed', decisions, outcome, recheck: { at: NOW, people } },
  'somebody else to get it, asked by a pipeline': {
    requester: { ...mia, kind: 'workload' },
    beneficiary: amara,
  },
  'more than a card can show': { fields: long },
  ...Object.fromEntries(REQUEST_STATES.map((state) => [state, { state, outcome }])),
};
const VIEWERS: Readonly<Record<string, Viewer>> = {
  everybody: null,
  'who asked': viewer(mia),
  'who may decide': viewer(amara, OWNER_ROLE),
};

describe.each(Object.entries(SHOWN))('a request with %s', (_name, over) => {
  const request = asData(sample(over));

  test.each(Object.entries(VIEWERS))('shows %s no untranslated sentence', (_who, given) => {
    const seen = asData(given);
    const shown = [request.createdAt, request.expiresAt].flatMap((now) => [
      cards.request(request, { viewer: seen, refreshFor: ['29:x'], now }),
      cards.review(request, { viewer: seen, now }),
    ]);
    expect(shown.flatMap(untranslatedIn)).toEqual([]);
  });
});

const form = asData(workflow({ description: 'Ships it.', keywords: [] }));
const [first] = form.fields;
const many = Array.from({ length: 160 }, (_, at) => ({ ...form, id: `«w${at}»` }));
const manyChoices = Array.from({ length: 50 }, (_, at) => `${at}`.padEnd(90, 'y'));
const large = asData(
  workflow({
    fields: Array.from({ length: 30 }, (_, at) =>
      field({ id: `f${at}`, type: 'choice', choices: manyChoices }),
    ),
  }),
);
const problem = refuse('field_missing', { label: '«Service»' }, first?.id).refusal;

test.each([
  ['a form', cards.form({ workflow: form, values: {} })],
  ['a form with a problem', cards.form({ workflow: form, values: {}, problem })],
  ['a form that is too large', cards.form({ workflow: large, values: {} })],
  [
    'a form with what it cannot hold',
    cards.form({ workflow: form, values: { [first?.id ?? '']: 7 }, rest: '«x»' }),
  ],
  ['a note', { card: cards.dialogNote('«note»') }],
  ['a choice with what is too long', cards.picker([form], { values: { a: '«»'.repeat(9_000) } })],
  ['a dialog', cards.dialogForm({ workflow: form, values: {} })],
  ['a choice of workflows', cards.picker([form])],
  ['no choice', cards.picker([])],
  ['too many workflows', cards.picker(many)],
  ['the help', cards.help([form])],
  ['the help without a workflow', cards.help([])],
  ['the help with too many', cards.help(many)],
  ['a number', cards.status(17)],
])('%s holds no untranslated sentence', (_name, card) => {
  expect(untranslatedIn(card)).toEqual([]);
});

const NO_SIGN_ON = {
  enabled: false,
  issuer: 'local',
  connectionName: 'countersign',
  resource: `api://botid-${demoBotAppId}`,
  audiences: [],
  clients: [],
  scope: 'access_as_user',
};

describe('in Teams', () => {
  let wire: LocalConnector;
  let chatId: string;
  beforeAll(async () => {
    wire = await startWire();
    chatId = wire.chats('mia').find(({ kind }) => kind === 'personal')?.id ?? '';
  });
  afterAll(() => wire.stop());

  type Given = NonNullable<Parameters<typeof startBot>[1]>;
  const bot = (given: Given = {}) =>
    startBot(wire, { text: pseudo, cards: createCards(), workflows: [form], ...given });

  /** All that the bot answers an activity with, and all that it sends on it. */
  async function said(given: Given, personal: boolean, activity: Json): Promise<unknown> {
    const before = wire.calls().length;
    const where = { personId: 'mia', chatId: personal ? chatId : CHANNEL };
    const read = readActivity(wire.activity({ ...where, with: { id: 'm-1', ...activity } }));
    if (!read) throw new Error('the activity has no shape');
    const { body } = await bot(given).teams.handle(read);
    const sent = wire
      .calls()
      .slice(before)
      .map((call) => call.body as Json);
    return [body, sent.map(({ text, summary, attachments }) => ({ text, summary, attachments }))];
  }

  const pending = asData(pendingRequest());
  const data = { r: pending.id, rev: 1, d: pending.digest };
  const handlers = { loadForCard: () => Promise.resolve(pending) };
  const signOut = { areFresh: () => true, current: () => Promise.resolve(undefined) };
  const text = (typed: string): Json => ({ type: 'message', text: typed });
  const submit = (value: Json): Json => ({ type: 'message', text: '', value });

  test.each<[string, Json, Given]>([
    ['help', text('help'), {}],
    ['a choice', text('request'), { workflows: [form, { ...form, id: '«b»' }] }],
    ['no workflow', text('request'), { workflows: [] }],
    ['an unknown workflow', text('request unknown'), {}],
    ['an unknown field', text('request «deploy-production» colour=«red»'), {}],
    ['an unknown command', text('hello'), {}],
    ['a sign-out without sessions', text('sign out'), {}],
    [
      'a sign-out',
      text('sign out'),
      { sessions: { ...signOut, signOut: () => Promise.resolve(true) } },
    ],
    [
      'a sign-out of nobody',
      text('sign out'),
      { sessions: { ...signOut, signOut: () => Promise.resolve(false) } },
    ],
    ['a button of an old client', submit({ verb: 'approve', ...data }), { handlers }],
    ['a button of another request', submit({ verb: 'approve', ...data, d: 'x' }), { handlers }],
    ['a form of an old client', submit({ verb: 'submit' }), {}],
    ['an installation', { type: 'installationUpdate', action: 'add' }, {}],
  ])('%s is answered in the language', async (_name, activity, given) => {
    const answer = await said(given, true, activity);
    expect(JSON.stringify(answer)).toContain('⟦');
    expect(untranslatedIn(answer)).toEqual([]);
  });

  test('a sign-out in a channel is answered in the language', async () => {
    const sessions = { ...signOut, signOut: () => Promise.resolve(true) };
    expect(untranslatedIn(await said({ sessions }, false, text('sign out')))).toEqual([]);
  });

  const press = (verb: string, change: Json = {}, more: Json = {}): Json => ({
    name: 'adaptiveCard/action',
    value: {
      action: { type: 'Action.Execute', verb, data: { ...data, s: '«stage-1»', ...change } },
      ...more,
    },
  });
  const token = (value: string): Json => ({ authentication: { id: 'e', token: value } });
  const opened = (name: string, formData: Json): Json => ({
    name: `composeExtension/${name}`,
    value: { commandId: 'request', data: formData },
  });
  const filled = { workflow: form.id, v: 1 };
  const noSignIn = { config: { singleSignOn: NO_SIGN_ON } };

  test.each<[string, Json, Given]>([
    ['a click without a token', press('approve'), { signIn: {} }],
    ['a click without a way to sign in', press('approve'), noSignIn],
    ["somebody else's token", press('approve', {}, token('sso_wrong_person')), { signIn: {} }],
    ['a stale token', press('approve', {}, token('token_expired')), {}],
    ['unavailable keys', press('approve', {}, token('token_keys_unavailable')), {}],
    [
      'a sign-in that is too weak',
      press('approve', {}, token('sign_in_step_up_unmet')),
      { config: {} },
    ],
    ['invalid card data', press('approve', { d: 7 }), {}],
    ['an unknown verb', press('unknown'), {}],
    ['an unknown workflow', press('submit', { workflow: 'x' }), {}],
    ['a refresh of an unknown request', press('refresh', { d: 'x' }), { handlers }],
    ['a fault', press('refresh'), { handlers: { loadForCard: () => Promise.reject(new Error()) } }],
    ['a dialog', opened('fetchTask', {}), {}],
    ['a dialog without a workflow', opened('fetchTask', {}), { workflows: [] }],
    ['a dialog with a problem', opened('submitAction', filled), {}],
    [
      'a dialog that is filled in',
      opened('submitAction', { ...filled, '«service»': '«checkout»', '«version»': '«1»' }),
      { workflows: [{ ...form, fields: [] }] },
    ],
  ])('%s is answered in the language', async (_name, activity, given) => {
    const answer = await said(given, false, activity);
    expect(JSON.stringify(answer)).toContain('⟦');
    expect(untranslatedIn(answer)).toEqual([]);
  });

  test('a notice holds no untranslated sentence', async () => {
    const conversations = [
      {
        key: `person:${demoTenantId}:${miaInTeams?.oid}`,
        tenantId: demoTenantId,
        conversationId: chatId,
        serviceUrl: wire.serviceUrl,
        userId: miaInTeams?.mri ?? null,
        updatedAt: NOW,
      },
    ];
    const { notifier } = bot({ conversations }).outbound;
    const to = { tenantId: demoTenantId, objectId: miaInTeams?.oid ?? '' };
    await notifier.tell(
      to,
      {
        code: 'request_ended',
        params: { number: 17, title: '«New»', state: 'failed' },
        outcome: asData(outcome),
      },
      TURN,
    );
    const [sentence] = wire
      .messages('mia', chatId)
      .slice(-1)
      .map(({ text: shown }) => shown);
    expect(sentence).toContain('⟦');
    expect(untranslated(sentence ?? '')).toBeUndefined();
  });
});

describe('on a page', () => {
  const refused = () => Promise.reject(identityError('sign_in_refused', { about: '«why»' }));
  const broken = () => Promise.reject(new Error('db7'));
  const ends = {
    '/auth/start?link=1': { method: 'GET', finish: refused, status: 200 },
    '/auth/callback?code=1': {
      method: 'GET',
      finish: () => Promise.resolve({ code: '12345678', setCookie: 'k=' }),
      status: 200,
    },
    '/auth/callback?error=1': { method: 'GET', finish: refused, status: 400 },
    '/auth/callback?error=2': { method: 'GET', finish: broken, status: 500 },
    '/auth/start?link=2': { method: 'POST', finish: refused, status: 400 },
  };

  test.each(Object.entries(ends))('%s uses the language of the browser', async (path, given) => {
    const { method, finish, status } = given;
    const pages = createWebPages({
      config: {
        profile: 'production',
        server: { publicUrl: 'https://approve.example', host: '127.0.0.1', port: 0 },
      },
      signIn: { begin: refused, finish },
      log: silentLogger,
      textFor: (locale) => (locale === 'qps-ploc' ? pseudo : textFor(locale)),
    });
    const server = await startServer({ pages });
    const headers = { 'accept-language': 'qps-ploc,en;q=0.8' };
    const response = await fetch(`${server.url}${path}`, { method, headers });
    const html = await response.text();
    await server.stop();
    expect(response.status).toBe(status);
    expect(html).toContain('<html lang="qps">');
    expect(html).toContain('⟦');
    expect(untranslatedOn(html)).toEqual([]);
  });
});

test('detects a sentence in the code, in a card, in an answer and on a page', () => {
  const shown = { type: 'TextRun', text: '«Deploy»: is waiting' };
  expect(untranslatedIn({ body: [shown], fallback: { title: 'Approve' } })).toEqual([
    '«Deploy»: is waiting',
    'Approve',
  ]);
  expect(untranslatedIn({ statusCode: 200, value: 'Sign in' })).toEqual(['Sign in']);
  expect(untranslatedOn('<p>⟦one⟧</p><p title="two">three</p>')).toEqual(['two', 'three']);
  expect(untranslatedIn({ text: '⟦a ⟦b⟧ «c»⟧ «d» 17 ✓' })).toEqual([]);
});
