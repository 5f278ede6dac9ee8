import { outcomeOf } from '../../../src/domain/outcome.ts';
import { REQUEST_STATES } from '../../../src/domain/request/state.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { createCards } from '../../../src/cards/cards.ts';
import { en } from '../../../src/text/en.ts';
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
const said = { target: 'deploy.example', status: 200, said: 'It is done.' };
const outcome = outcomeOf('applied', said, { reference: 'run-88', at: NOW });

function show(request: Request, viewer: Viewer = null, refreshFor: string[] = []) {
  return cards.request(request, { viewer, refreshFor, now: NOW }).card;
}

const asker = viewer(mia);
const approver = viewer(amara, OWNER_ROLE);
const onlooker = viewer(person('olu'), { roles: ['approver'], claims: { department: 'Search' } });

describe('the view for everybody', () => {
  test('shows everything that the digest covers, who decides and until when', () => {
    const texts = textsOf(show(sample())).join('\n');
    for (const shown of [
      'Deploy to production',
      '#17',
      'Waiting for approval',
      'Mia Lindqvist asks',
      'checkout',
      '4.12.0',
      '1 h 30 min',
      'yes',
      'Fixes the rounding of refunds.',
      'deploy-webhook (webhook)',
      'https://deploy.example/hooks',
      '1 h',
      'Service owner',
      'Decided by approver · department is Payments',
      'req_01jd8z6kq4x5w2m9t7r3v1b0ca',
      'deploy-production @ u7Jm2Qn0yX3cWk9v',
      mia.key,
      '9Xw2bT6vQ1mZk4yL',
      'q8Zk2vWm5tYb1NcX',
      'Expires {{DATE(2026-11-23T09:20:00Z,SHORT)}} at {{TIME(2026-11-23T09:20:00Z)}}',
    ])
      expect(texts).toContain(shown);
  });

  test('approves in one click and denies with an optional reason', () => {
    const card = show(sample());
    expect(verbsOf(card)).toEqual(['approve', 'deny']);
    expect(card['actions']).toContainEqual(actionOf(card, 'approve'));
    const reason = nodesOf(card['actions']).find((node) => node['type'] === 'Input.Text');
    expect(reason).toMatchObject({ id: 'reason:stage-1', maxLength: 1_000 });
    expect(reason).not.toHaveProperty('isRequired');
  });

  test('sends request, revision, digest and stage, and the verb in the fallback', () => {
    const shown = { r: sample().id, rev: 3, d: sample().digest };
    const onStage = { ...shown, s: 'stage-1', a: null };
    for (const [verb, card, data] of [
      ['approve', show(sample()), onStage],
      ['deny', show(sample()), onStage],
      ['cancel', show(sample(), asker), shown],
      ['review', show(sample(), onlooker), shown],
    ] as const) {
      const action = actionOf(card, verb);
      expect(action['data']).toStrictEqual(data);
      expect(action['fallback']).toMatchObject({
        type: 'Action.Submit',
        title: action['title'],
        data: { ...data, verb },
      });
    }
  });

  test('refreshes for at most sixty people, and for nobody after the decision', () => {
    const users = Array.from({ length: 70 }, (_, at) => `29:${at}`);
    expect(show(sample())).not.toHaveProperty('refresh');
    expect(show(sample(), null, users)['refresh']).toStrictEqual({
      action: {
        type: 'Action.Execute',
        title: 'Refresh',
        verb: 'refresh',
        data: { r: sample().id, rev: 3, d: sample().digest },
      },
      userIds: users.slice(0, 60),
    });
    expect(show(sample({ state: 'denied' }), null, users)).not.toHaveProperty('refresh');
  });

  test('offers no decision after the time is up', () => {
    const late = cards.request(sample(), {
      viewer: approver,
      refreshFor: [],
      now: sample().expiresAt,
    });
    expect(verbsOf(late.card)).toEqual([]);
    expect(textsOf(late.card)).toContain('Time is up');
  });

  test('names the beneficiary, and marks a pipeline', () => {
    const request = sample({
      requester: person('contoso/checkout', { kind: 'workload' }),
      beneficiary: amara,
    });
    expect(textsOf(show(request))).toContain('contoso/checkout (pipeline) asks for Amara Okafor');
  });

  test('shows a field that the plan does not name', () => {
    const request = sample({ fields: { ...sample().fields, extra: 'unplanned' } });
    expect(textsOf(show(request))).toEqual(expect.arrayContaining(['extra', 'unplanned']));
  });
});

describe('personal views', () => {
  test('offers a requester Cancel and no decision, whatever the roles', () => {
    const card = show(sample(), viewer(mia, OWNER_ROLE));
    expect(verbsOf(card)).toEqual(['cancel']);
    expect(textsOf(card)).toContain('You asked for this, so somebody else decides.');
  });

  test('offers a beneficiary no decision', () => {
    const request = sample({ beneficiary: amara });
    expect(verbsOf(show(request, approver))).toEqual(['cancel']);
    expect(textsOf(show(request, approver))).toContain(
      'This was asked for you, so somebody else decides.',
    );
  });

  test('offers an approver the decision, and others Review', () => {
    expect(verbsOf(show(sample(), approver))).toEqual(['approve', 'deny']);
    expect(verbsOf(show(sample(), onlooker))).toEqual(['review']);
  });

  test('offers no decision to a person who has decided the stage', () => {
    const request = sample({
      plan: { ...sample().plan, stages: [{ ...OWNER, seats: seats(2, OWNER_SEAT) }] },
      decisions: [decision(amara)],
    });
    expect(verbsOf(show(request, approver))).toEqual(['review']);
    expect(textsOf(show(request, approver))).toContain(
      'You approved this. 1 more approval is needed.',
    );
    expect(textsOf(show(request))).toContain('1 of 2');
  });

  test('offers the next stage to a person who decided an earlier one', () => {
    const security = {
      ...OWNER,
      id: 'stage-2',
      name: 'Security',
      after: ['stage-1'],
      seats: [{ roles: ['security-lead'], where: null }],
    };
    const lead = viewer(amara, { roles: ['approver', 'security-lead'] });
    const request = sample({
      plan: { ...sample().plan, stages: [OWNER, security] },
      decisions: [decision(amara)],
    });
    expect(verbsOf(show(request, lead))).toEqual(['approve', 'deny']);
    expect(actionOf(show(request, lead), 'approve')['data']).toMatchObject({
      s: 'stage-2',
      a: null,
    });
    expect(textsOf(show(request, lead))).toContain('Your decision is asked for: Security');
    expect(verbsOf(show(request, approver))).toEqual(['review']);
    expect(textsOf(show(request))).toContain('Waiting for approval · stage 2 of 2');
  });
});

describe('after the decision', () => {
  test.each(REQUEST_STATES.filter((state) => state !== 'pending'))('%s has no button', (state) => {
    const request = sample({ state, outcome, decisions: [decision(amara, 'approve')] });
    for (const viewer of [null, asker, approver, onlooker]) {
      const card = show(request, viewer);
      expect(card['actions']).toEqual([]);
      expect(nodesOf(card).some((node) => String(node['type']).startsWith('Input'))).toBe(false);
    }
  });

  test('shows who decided with which reason, and the outcome with its reference', () => {
    const request = sample({
      state: 'applied',
      outcome,
      decisions: [decision(amara, 'approve', { reason: 'Looks right' })],
    });
    const texts = textsOf(show(request));
    expect(texts).toEqual(
      expect.arrayContaining([
        '✓  Applied',
        '✓  Amara Okafor approved',
        '“Looks right”',
        'It is done.',
        'Reference  run-88',
        '{{DATE(2026-11-22T09:21:00Z,SHORT)}} at {{TIME(2026-11-22T09:21:00Z)}}',
      ]),
    );
  });

  test.each([
    ['pending', 'warning'],
    ['approved', 'good'],
    ['applying', 'accent'],
    ['applied', 'good'],
    ['failed', 'attention'],
    ['denied', 'attention'],
    ['unknown', 'warning'],
    ['expired', 'emphasis'],
    ['cancelled', 'emphasis'],
  ] as const)('%s is %s', (state, style) => {
    const [band] = show(sample({ state }))['body'] as Record<string, unknown>[];
    expect(band).toMatchObject({ type: 'Container', style, bleed: true });
  });
});

describe('review and status', () => {
  test('review decides with an optional reason', () => {
    const { card } = cards.review(sample(), { viewer: approver, now: NOW });
    expect(verbsOf(card)).toEqual(['approve', 'deny']);
    expect(nodesOf(card['body']).find((node) => node['id'] === 'reason')).toBeDefined();
    expect(nodesOf(card).some((node) => node['isVisible'] === false)).toBe(false);
  });

  test('review offers the requester Cancel, and others nothing', () => {
    expect(verbsOf(cards.review(sample(), { viewer: asker, now: NOW }).card)).toEqual(['cancel']);
    expect(verbsOf(cards.review(sample(), { viewer: onlooker, now: NOW }).card)).toEqual([]);
    expect(
      verbsOf(cards.review(sample({ state: 'applied' }), { viewer: approver, now: NOW }).card),
    ).toEqual([]);
  });

  test('status shows only the number', () => {
    const { card, summary } = cards.status(17);
    expect(summary).toBe('Request 17');
    expect(verbsOf(card)).toEqual(['review']);
    expect(card.actions).toMatchObject([
      {
        type: 'Action.Execute',
        verb: 'review',
        data: { n: 17 },
        fallback: { type: 'Action.Submit', data: { n: 17, verb: 'review' } },
      },
    ]);
  });
});

describe('who asked', () => {
  const askedBy = (kind: 'person' | 'workload' | 'agent') =>
    textsOf(show(sample({ requester: { ...mia, kind } }), approver)).join('\n');

  test('says that an agent asked, and nothing of the kind for a person', () => {
    expect(askedBy('agent')).toContain('Mia Lindqvist (AI agent) asks');
    expect(askedBy('agent')).toContain('An AI agent asked for this, not a person.');
    expect(askedBy('workload')).toContain('Mia Lindqvist (pipeline) asks');
    expect(askedBy('person')).not.toContain('agent');
  });
});

test('a card says that who started a re-run is not proven', () => {
  const requester = { ...mia, kind: 'workload' as const };
  const shown = (rerun: boolean) =>
    textsOf(show(sample({ requester: { ...requester, ...(rerun ? { rerun } : {}) } }))).join('\n');
  expect(shown(true)).toContain('Who started it again is not proven.');
  expect(shown(false)).not.toContain('started');
});

describe('the summary', () => {
  test('says who asks for what, and later the state', () => {
    const of = (request: Request) =>
      cards.request(request, { viewer: null, refreshFor: [], now: NOW }).summary;
    expect(of(sample())).toBe('Mia Lindqvist asks: Deploy to production #17');
    expect(of(sample({ state: 'applied' }))).toBe('Deploy to production #17: applied');
  });
});

describe('the Adaptive Cards library', () => {
  const stages = [
    { ...OWNER, seats: seats(2, OWNER_SEAT) },
    { ...OWNER, id: 'stage-2', name: 'Security', after: ['stage-1'] },
  ];
  const requests = [
    ...REQUEST_STATES.map((state) => sample({ state, outcome, decisions: [decision(amara)] })),
    sample({ plan: { ...sample().plan, stages }, decisions: [decision(ingrid)] }),
    sample({ reason: null, fields: {}, beneficiary: amara }),
    sample({ reason: 'line\n'.repeat(40) }),
  ];

  test('finds no problem in any state and view', () => {
    expect(problemsOf(cards.status(17).card)).toEqual([]);
    for (const request of requests) {
      for (const viewer of [null, asker, approver, onlooker]) {
        expect(problemsOf(show(request, viewer, ['29:1']))).toEqual([]);
        expect(
          problemsOf(cards.review(request, { viewer: viewer ?? onlooker, now: NOW }).card),
        ).toEqual([]);
      }
    }
  });
});
