import type { Principal } from '../../../src/domain/people/principal.ts';
import type { Word } from '../../../src/domain/request/request.ts';
import type { ClickedCard } from '../../../src/usecases/ports/app.ts';
import { TENANT, principal, stage, workflow } from '../../support/builders.ts';
import { approve, ask, ben, eventsOf, mia, openFixture, runJob } from './fixture.ts';
import type { Fixture } from './fixture.ts';

const olga = principal({ key: 'local|olga', roles: [] });
const cleo = principal({ key: 'local|cleo', objectId: 'cleo', roles: ['approver'] });

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

interface Click {
  readonly by?: Principal;
  readonly word?: Word;
  readonly after?: string | null;
  readonly digest?: string;
  readonly revision?: number;
  readonly clicked?: ClickedCard | null;
  readonly exchangeId?: string | null;
}

/** Decides; returns the result, a refusal by its code. */
async function decide(
  id: string,
  {
    by = ben,
    word = 'approve',
    after = null,
    digest,
    clicked = null,
    revision,
    exchangeId = null,
  }: Click,
): Promise<string> {
  const known = await fixture.store.loadRequest(id);
  const objectId = by.objectId ?? '';
  const result = await fixture.app.decideRequest({
    id,
    by,
    word,
    stage: 'stage-1',
    after,
    reason: null,
    digest: digest ?? known?.digest ?? '',
    revision: revision ?? known?.version ?? 0,
    origin: {
      via: clicked ? 'teams' : 'api',
      tenant: TENANT,
      objectId,
      conversationId: null,
      activityId: clicked?.activityId ?? null,
      exchangeId,
    },
    teams: clicked && {
      sender: { tenantId: TENANT, objectId, userId: `29:${objectId}`, name: by.name },
      card: clicked,
    },
  });
  return result.kind === 'refused' ? result.refusal.code : result.kind;
}

/** Runs `meanwhile` between the load and the first commit of a decision. */
function beforeFirstCommit(meanwhile: () => Promise<unknown>): void {
  fixture.commit = async (_change, commit) => {
    fixture.commit = (_next, real) => real();
    await meanwhile();
    return commit();
  };
}

const copy = (activityId: string): ClickedCard => ({
  activityId,
  conversationId: '19:c',
  serviceUrl: 'https://teams.example',
  channels: null,
});

test('applies the rules again after a conflict: the request is closed by then', async () => {
  const id = await ask(fixture);
  beforeFirstCommit(() => decide(id, { by: cleo, word: 'deny' }));
  expect(await decide(id, {})).toBe('request_closed');
  expect(await fixture.store.loadRequest(id)).toMatchObject({
    state: 'denied',
    decisions: [{ approver: { key: cleo.key } }],
  });
  expect(await eventsOf(fixture, 'request.denied')).toHaveLength(1);
});

test('applies the rules again after a conflict: both decisions count', async () => {
  fixture.workflows = [workflow({ stages: [stage({ quorum: 2 })] })];
  const id = await ask(fixture);
  beforeFirstCommit(() => decide(id, { by: cleo }));
  expect(await decide(id, {})).toBe('decided');
  const request = await fixture.store.loadRequest(id);
  expect(request).toMatchObject({ state: 'approved', version: 3 });
  const approvers = request?.decisions.map(({ approver }) => approver.key);
  expect(approvers?.sort()).toEqual([ben.key, cleo.key]);
});

test('counts the same click at two replicas once', async () => {
  const id = await ask(fixture);
  const click = { clicked: copy('m:1'), exchangeId: 'x-1', revision: 1 };
  beforeFirstCommit(async () => expect(await decide(id, click)).toBe('decided'));
  expect(await decide(id, click)).toBe('uncounted');
  expect(await eventsOf(fixture, 'request.approved')).toHaveLength(1);
});

test('does not count a click that is repeated after its withdrawal', async () => {
  const id = await ask(fixture);
  fixture.workflows = [workflow({ stages: [stage({ quorum: 2 })] })];
  const two = await ask(fixture);
  const click = { clicked: copy('m:1'), revision: 1 };
  expect(await decide(two, click)).toBe('decided');
  const [first] = (await fixture.store.loadRequest(two))?.decisions ?? [];
  expect(await decide(two, { word: 'withdraw', after: first?.id ?? null })).toBe('decided');
  const before = await fixture.store.loadRequest(two);
  expect(await decide(two, click)).toBe('uncounted');
  expect(await decide(two, { ...click, after: first?.id ?? null })).toBe('uncounted');
  expect(await decide(two, { word: 'withdraw', after: first?.id ?? null })).toBe('uncounted');
  expect(await fixture.store.loadRequest(two)).toEqual(before);
  expect(before).toMatchObject({ state: 'pending', decisions: [{ nth: 1 }, { nth: 2 }] });
  expect(await decide(id, { word: 'withdraw' })).toBe('nothing_to_withdraw');
  expect(await eventsOf(fixture, 'request.decided')).toHaveLength(2);
});

test.each<[Click, string]>([
  [{ digest: 'sha256:other' }, 'digest_mismatch'],
  [{ by: mia }, 'own_request'],
  [{ by: olga, clicked: copy('m:1') }, 'role_missing'],
])('refuses the decision %j as %s and does not change the request', async (click, refusal) => {
  const id = await ask(fixture);
  const before = await fixture.store.loadRequest(id);
  expect(await decide(id, click)).toBe(refusal);
  expect(await fixture.store.loadRequest(id)).toEqual(before);
});

test('answers as if the request did not exist to a person who may not read it, and records that', async () => {
  const id = await ask(fixture);
  expect(await decide(id, { by: olga, digest: 'sha256:other' })).toBe('request_not_found');
  expect(await decide(id, {})).toBe('decided');
  const linked = { ...olga, linkedIdentities: [ben.key] };
  expect(await decide(id, { by: linked, digest: 'sha256:other' })).toBe('request_not_found');
  const refusals = await eventsOf(fixture, 'decision.refused');
  expect(refusals.map(({ data }) => data)).toMatchObject([
    { code: 'digest_mismatch' },
    { code: 'request_not_found' },
  ]);
});

test('adopts an unknown copy once when it is clicked', async () => {
  const id = await ask(fixture);
  expect(await decide(id, { clicked: copy('m:1') })).toBe('decided');
  expect(await decide(id, { clicked: copy('m:1') })).toBe('uncounted');
  const cards = (await fixture.store.loadWithCards(id))?.cards ?? [];
  expect(cards.map(({ activityId }) => activityId).sort()).toEqual(['m:1', null].sort());
});

test('updates a card to the decision that commits while the card is posted', async () => {
  const id = await ask(fixture);
  const [job] = await fixture.lease('card');
  if (!job) throw new Error('no card job');
  beforeFirstCommit(() => runJob(fixture.deps, job));
  expect((await approve(fixture, id)).kind).toBe('decided');
  for (const left of await fixture.lease('card')) await runJob(fixture.deps, left);
  expect([...fixture.messages.values()]).toEqual([2]);
});

describe('a copy that the service does not know', () => {
  const stored = async (id: string) => (await fixture.store.loadWithCards(id))?.cards.length ?? 0;
  beforeEach(() => {
    fixture.workflows = [workflow({ stages: [stage({ quorum: 3 })] })];
  });

  test.each([
    ['somebody without the role', olga],
    ['the requester', mia],
  ])('is not adopted at a click of %s', async (_name, by) => {
    const id = await ask(fixture);
    await decide(id, {});
    const before = await stored(id);
    for (let at = 0; at < 20; at += 1) {
      await decide(id, { by, clicked: copy(`m:${at}`), revision: 1 });
    }
    expect(await stored(id)).toBe(before);
  });

  test('is adopted eight times at most for an approver', async () => {
    const id = await ask(fixture);
    await decide(id, {});
    for (let at = 0; at < 20; at += 1) {
      expect(await decide(id, { clicked: copy(`m:${at}`), revision: 1 })).toBe('uncounted');
    }
    expect(await stored(id)).toBe(8);
  });
});
