/** The actions of cards on a surface other than Teams, with a proof of its own. */
import type { Principal } from '../../../src/domain/people/principal.ts';
import type { StepUp } from '../../../src/domain/request/step-up.ts';
import { performAction } from '../../../src/interactions/perform-action.ts';
import type { ProofSubject, Prover } from '../../../src/interactions/prover.ts';
import type { JsonObject } from '../../../src/lib/strict-json.ts';
import { BY_API, principal, stage, workflow } from '../../support/builders.ts';
import { ask, ben, mia, openFixture } from '../usecases/fixture.ts';
import type { Fixture } from '../usecases/fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

/** A page that knows its visitor by a cookie; without one it asks for a sign-in. */
interface Visit {
  readonly visitor?: Principal;
  /** The visitor after a sign-in that meets a demand. */
  readonly again?: (demand: StepUp) => Principal;
  readonly asked?: ProofSubject[];
}

function pageProver({ visitor, again, asked = [] }: Visit): Prover<{ redirectTo: string }> {
  return {
    prove({ subject }) {
      asked.push(subject);
      return Promise.resolve(
        visitor
          ? { kind: 'principal', by: visitor, exchangeId: null }
          : { kind: 'unproven', ask: { redirectTo: '/sign-in' } },
      );
    },
    strengthen: (_action, { proof, demand }) =>
      Promise.resolve(again && { ...proof, by: again(demand) }),
  };
}

function act(verb: string, data: JsonObject, visit: Visit) {
  return performAction(
    { app: fixture.app, workflows: fixture.deps.workflows },
    {
      verb,
      data,
      origin: BY_API,
      idempotencyKey: 'page:1',
      teams: null,
      prover: pageProver(visit),
    },
  );
}

async function dataOf(id: string): Promise<JsonObject> {
  const request = await fixture.store.loadRequest(id);
  return { r: id, rev: request?.version, d: request?.digest, s: 'stage-1', a: null };
}

test('approves for the person that the page proved, and records where it came from', async () => {
  const id = await ask(fixture);
  const asked: ProofSubject[] = [];
  const reply = await act('approve', await dataOf(id), { visitor: ben, asked });
  expect(reply).toMatchObject({ kind: 'request', viewer: { key: ben.key } });
  expect(asked).toEqual([{ requestId: id, revision: 1 }]);
  const request = await fixture.store.loadRequest(id);
  expect(request).toMatchObject({
    state: 'approved',
    decisions: [{ word: 'approve', approver: { key: ben.key }, evidence: { via: 'api' } }],
  });
});

test('without a proof it changes nothing and returns what the page asks for', async () => {
  const id = await ask(fixture);
  const data = await dataOf(id);
  for (const verb of ['approve', 'deny', 'withdraw', 'cancel', 'review']) {
    expect(await act(verb, data, {})).toEqual({
      kind: 'unproven',
      ask: { redirectTo: '/sign-in' },
    });
  }
  expect(await fixture.store.loadRequest(id)).toMatchObject({ state: 'pending', version: 1 });
});

test('decides under a stronger proof where the stage demands one', async () => {
  const stepUp = { acr: ['c1'], amr: null, maxAgeMs: null };
  fixture.workflows = [workflow({ stages: [stage({ stepUp })] })];
  const id = await ask(fixture);
  const data = await dataOf(id);
  expect(await act('approve', data, { visitor: ben })).toMatchObject({
    kind: 'refused',
    refusal: { code: 'step_up_required' },
  });
  const again = (demand: StepUp) => ({
    ...ben,
    token: { ...ben.token, jti: 'stronger', acr: demand.acr?.[0] ?? null },
  });
  expect(await act('approve', data, { visitor: ben, again })).toMatchObject({ kind: 'request' });
  expect(await fixture.store.loadRequest(id)).toMatchObject({
    state: 'approved',
    decisions: [{ evidence: { token: { acr: 'c1' } } }],
  });
});

test('a form makes one request of its key, and comes back with what is wrong in it', async () => {
  const data = { workflow: 'deploy-production', service: 'checkout', reason: 'release' };
  const first = await act('submit', data, { visitor: mia });
  expect(first).toMatchObject({ kind: 'request', request: { state: 'pending' } });
  expect(await act('submit', data, { visitor: mia })).toMatchObject({
    kind: 'request',
    request: { number: 1 },
  });
  const wrong = await act('submit', { workflow: 'deploy-production' }, { visitor: mia });
  expect(wrong).toMatchObject({
    kind: 'form',
    form: { problem: { code: 'field_missing', field: 'service' } },
  });
});

test('shows a request only to people who may read it', async () => {
  const id = await ask(fixture);
  const data = await dataOf(id);
  expect(await act('review', data, { visitor: ben })).toMatchObject({ kind: 'review' });
  const stranger = principal({ key: 'local|olga', roles: [] });
  for (const given of [data, { n: 1 }, { n: 99 }]) {
    expect(await act('review', given, { visitor: stranger })).toMatchObject({
      kind: 'refused',
      refusal: { code: 'request_not_found' },
    });
  }
});

test.each([
  ['card_data_invalid', 'approve', { r: 'req_1' }],
  ['card_data_invalid', 'approve', { r: 'req_1', rev: 1, d: 'x' }],
  ['verb_unknown', 'explode', { r: 'req_1', rev: 1, d: 'x' }],
  ['workflow_unknown', 'submit', { workflow: 'other' }],
])('answers %s without asking who it is', async (code, verb, data) => {
  const asked: ProofSubject[] = [];
  expect(await act(verb, data, { visitor: ben, asked })).toEqual({ kind: 'invalid', code });
  expect(asked).toEqual([]);
});
