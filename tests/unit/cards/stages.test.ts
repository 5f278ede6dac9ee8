import { createCards } from '../../../src/cards/cards.ts';
import { en } from '../../../src/text/en.ts';
import type { Decision, PlannedStage, Request } from '../../../src/domain/request/request.ts';
import type { Viewer } from '../../../src/domain/views/request-view.ts';
import { actionOf, nodesOf, problemsOf, textsOf, verbsOf } from './card-reading.ts';
import {
  amara,
  decision,
  ingrid,
  mia,
  NOW,
  OWNER,
  OWNER_ROLE,
  OWNER_SEAT,
  person,
  sample,
  seats,
  viewer,
} from './samples.ts';

const cards = createCards({ publicUrl: 'https://approvals.example' })(en);
const SECURITY: PlannedStage = {
  ...OWNER,
  id: 'security',
  name: 'Security',
  seats: [{ roles: ['security-lead'], where: null }],
};

function planned(stages: readonly PlannedStage[], decisions: readonly Decision[] = []): Request {
  return sample({ plan: { ...sample().plan, stages }, decisions });
}

function show(request: Request, by: Viewer = null) {
  return cards.request(request, { viewer: by, refreshFor: [], now: NOW }).card;
}

/** The buttons that decide: title, verb and data, those inside a Deny card too. */
function buttonsOf(card: Record<string, unknown>) {
  return nodesOf(card['actions'])
    .filter(({ type, verb }) => type === 'Action.Execute' && verb !== 'review')
    .map(({ title, verb, data }): Record<string, unknown> => ({
      title,
      verb,
      ...(data as object),
    }));
}

const titlesOf = (card: Record<string, unknown>) =>
  (card['actions'] as Record<string, unknown>[]).map(({ title }) => title);

describe('two open stages', () => {
  const both = planned([OWNER, SECURITY]);
  const lead = viewer(ingrid, { roles: ['security-lead'] });

  test('have a button each, which names its stage', () => {
    const card = show(both);
    expect(titlesOf(card)).toEqual([
      'Approve: Service owner',
      'Approve: Security',
      'Deny: Service owner',
      'Deny: Security',
    ]);
    const shown = { r: both.id, rev: both.version, d: both.digest, a: null };
    expect(buttonsOf(card)).toEqual([
      { title: 'Approve: Service owner', verb: 'approve', ...shown, s: 'stage-1' },
      { title: 'Approve: Security', verb: 'approve', ...shown, s: 'security' },
      { title: 'Deny request', verb: 'deny', ...shown, s: 'stage-1' },
      { title: 'Deny request', verb: 'deny', ...shown, s: 'security' },
    ]);
    expect(problemsOf(card)).toEqual([]);
  });

  test('have reason inputs with unique ids', () => {
    const inputs = nodesOf(show(both)).filter(({ type }) => type === 'Input.Text');
    expect(inputs.map(({ id }) => id)).toEqual(['reason:stage-1', 'reason:security']);
  });

  test('are offered to a person as far as the roles allow', () => {
    expect(buttonsOf(show(both, lead)).map(({ s }) => s)).toEqual(['security', 'security']);
    expect(titlesOf(show(both, lead))).toEqual(['Approve', 'Deny']);
    const owner = viewer(amara, { ...OWNER_ROLE, roles: ['approver', 'security-lead'] });
    expect(buttonsOf(show(both, owner))).toHaveLength(4);
    expect(textsOf(show(both, owner))).toContain(
      'Your decision is asked for: Service owner, Security',
    );
    expect(verbsOf(show(both, viewer(mia, OWNER_ROLE)))).toEqual(['cancel']);
  });

  test('lose the buttons of the approved one', () => {
    const one = planned([OWNER, SECURITY], [decision(ingrid, 'approve', { stage: 'security' })]);
    expect(buttonsOf(show(one)).map(({ s }) => s)).toEqual(['stage-1', 'stage-1']);
    expect(titlesOf(show(one))).toEqual(['Approve', 'Deny']);
  });

  test('share one reason input in a review', () => {
    const owner = viewer(amara, { ...OWNER_ROLE, roles: ['approver', 'security-lead'] });
    const { card } = cards.review(both, { viewer: owner, now: NOW });
    expect(titlesOf(card)).toEqual([
      'Approve: Service owner',
      'Approve: Security',
      'Deny: Service owner',
      'Deny: Security',
    ]);
    expect(nodesOf(card).filter(({ id }) => id === 'reason')).toHaveLength(1);
  });
});

describe('who decides', () => {
  test.each<[string, Partial<PlannedStage>, string]>([
    [
      'seats of different roles are listed',
      {
        seats: [
          { roles: ['finance'], where: null },
          { roles: ['security-lead', 'duty-manager'], where: null },
        ],
      },
      'Decided by finance; security-lead or duty-manager',
    ],
    [
      'equal seats are named once',
      { seats: seats(3, OWNER_SEAT) },
      'Decided by approver · department is Payments',
    ],
    [
      'groups of seats are listed',
      {
        seats: [],
        anyOf: [
          [{ roles: ['admin'], where: null }],
          seats(2, { roles: ['developer'], where: null }),
        ],
      },
      'Decided by admin; developer',
    ],
    [
      'a quorum to deny is told',
      { denyQuorum: 2 },
      'Decided by approver · department is Payments · denied by 2',
    ],
  ])('%s', (_name, change, text) => {
    const card = show(planned([{ ...OWNER, ...change }]));
    expect(textsOf(card)).toContain(text);
    expect(verbsOf(card)).toEqual(['approve', 'deny']);
  });

  test('counts the group of seats that is closest to full', () => {
    const stage: PlannedStage = {
      ...OWNER,
      seats: [],
      anyOf: [
        seats(3, { roles: ['admin'], where: null }),
        seats(2, { roles: ['developer'], where: null }),
      ],
    };
    const word = decision(ingrid);
    const said = { ...word, evidence: { ...word.evidence, seats: [3, 4] } };
    expect(textsOf(show(planned([stage], [said])))).toContain('1 of 2');
  });

  test('offers Review, not Approve, where the plan is too long for the card', () => {
    const many = seats(1, OWNER_SEAT).concat(
      Array.from({ length: 40 }, (_, at) => ({ roles: [`role-number-${at}`], where: null })),
    );
    expect(verbsOf(show(planned([{ ...OWNER, seats: many }])))).toEqual(['review']);
  });
});

describe('words', () => {
  const two = { ...OWNER, seats: seats(2, OWNER_SEAT) };
  const first = decision(amara);
  const withdrawal = decision(amara, 'withdraw', { id: 'dec_2', nth: 2 });
  const approver = viewer(amara, OWNER_ROLE);

  test('a withdrawn word is shown as withdrawn and fills no seat', () => {
    const card = show(planned([two], [first, withdrawal]));
    const texts = textsOf(card);
    expect(texts).toContain('✓  Amara Okafor approved (no longer counts)');
    expect(texts).toContain('↩  Amara Okafor took that back');
    expect(texts).toContain('0 of 2');
    expect(texts).not.toContain('✓  Amara Okafor approved');
  });

  test("after a withdrawal the person's own view offers Approve and names the withdrawal", () => {
    const request = planned([two], [first, withdrawal]);
    expect(buttonsOf(show(request, approver)).map(({ verb, a }) => [verb, a])).toEqual([
      ['approve', 'dec_2'],
      ['deny', 'dec_2'],
    ]);
    expect(actionOf(show(request), 'approve')['data']).toMatchObject({ a: null });
  });

  test('a linked account is not offered a stage that the other account decided', () => {
    const other = viewer(person('Amara at home', { linkedIdentities: [amara.key] }), OWNER_ROLE);
    const request = planned([two], [first]);
    expect(verbsOf(show(request, other))).toEqual(['review']);
    expect(textsOf(show(request, other))).toContain(
      'You approved this. 1 more approval is needed.',
    );
    expect(verbsOf(show(planned([two], [decision(ingrid)]), other))).toEqual(['approve', 'deny']);
  });

  test('a replaced word is marked as not counting', () => {
    const denial = decision(amara, 'deny', { id: 'dec_2', nth: 2 });
    const texts = textsOf(show(planned([{ ...two, denyQuorum: 2 }], [first, denial])));
    expect(texts).toContain('✓  Amara Okafor approved (no longer counts)');
    expect(texts).toContain('✕  Amara Okafor denied');
  });
});
