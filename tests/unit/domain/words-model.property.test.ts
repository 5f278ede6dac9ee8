import fc from 'fast-check';
import type { Principal } from '../../../src/domain/people/principal.ts';
import type { PlannedStage, Request, Seat, Word } from '../../../src/domain/request/request.ts';
import { stageStatus } from '../../../src/domain/request/stages.ts';
import { transition } from '../../../src/domain/request/transition.ts';
import { requestView } from '../../../src/domain/views/request-view.ts';
import { BY_API, NOW, pendingRequest, principal, TENANT } from '../../support/builders.ts';

/** An account of a person, who may have several, or of a pipeline; `mia` asks. */
interface Account {
  readonly human: string;
  readonly as: Principal;
}

const ROLES = ['lead', 'finance', 'security'];
const WORDS: readonly Word[] = ['approve', 'deny', 'withdraw'];

const rights = fc.record({
  roles: fc.subarray(ROLES),
  claims: fc.constantFrom<Record<string, string>>({ team: 'a' }, { team: 'b' }, {}),
});

/** Linked by configuration, by both being one Teams person, or alone. */
const accounts: fc.Arbitrary<readonly Account[]> = fc
  .array(rights, { minLength: 8, maxLength: 8 })
  .map((drawn) => {
    const make = (at: number, human: string, change: Partial<Principal> & { key: string }) => ({
      human,
      as: principal({ ...drawn[at], ...change }),
    });
    const linked = [`teams:${TENANT}|ben-1`, 'local|ben', 'other|ben'];
    return [
      make(0, 'mia', { key: 'local|mia', objectId: 'mia', linkedIdentities: ['other|mia'] }),
      make(1, 'mia', {
        key: 'other|mia',
        tenant: null,
        objectId: null,
        linkedIdentities: ['local|mia'],
      }),
      make(2, 'ben', {
        key: 'local|ben',
        objectId: 'ben-1',
        linkedIdentities: linked.filter((k) => k !== 'local|ben'),
      }),
      make(3, 'ben', {
        key: 'other|ben',
        tenant: null,
        objectId: null,
        linkedIdentities: linked.filter((k) => k !== 'other|ben'),
      }),
      make(4, 'cleo', { key: 'local|cleo', objectId: 'cleo' }),
      make(5, 'cleo', { key: 'third|cleo', objectId: 'CLEO' }),
      make(6, 'dan', { key: 'local|dan' }),
      make(7, 'bot', { key: 'ci|bot', kind: 'workload', tenant: null, objectId: null }),
    ];
  });

const seat: fc.Arbitrary<Seat> = fc.record({
  roles: fc.subarray(ROLES, { minLength: 1, maxLength: 2 }),
  where: fc.constantFrom(null, null, { claim: 'team', value: 'a' }),
});
const seats = fc.array(seat, { minLength: 1, maxLength: 3 });

const plan: fc.Arbitrary<readonly PlannedStage[]> = fc
  .array(
    fc.record({
      own: seats,
      groups: fc.option(fc.array(seats, { minLength: 1, maxLength: 3 }), { nil: undefined }),
      denyQuorum: fc.integer({ min: 1, max: 3 }),
      // Bits: which of the stages before this one it waits for.
      after: fc.nat(15),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((drawn) =>
    drawn.map(({ own, groups, denyQuorum, after }, at) => ({
      id: `s${at}`,
      name: `S${at}`,
      after: drawn.flatMap((_stage, before) =>
        before < at && (after >> before) % 2 === 1 ? [`s${before}`] : [],
      ),
      denyQuorum,
      seats: groups ? [] : own,
      ...(groups ? { anyOf: groups } : {}),
    })),
  );

interface Click {
  readonly who: number;
  readonly stage: number;
  readonly word: Word;
  /** What the click names: the person's last word, none, or an older word of anybody. */
  readonly after: 'mine' | 'none' | number;
  readonly lag: number;
  readonly repeats: number;
}
const click: fc.Arbitrary<Click> = fc.record({
  who: fc.constantFrom(0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 6, 7),
  stage: fc.nat(99),
  word: fc.constantFrom('approve', 'approve', 'approve', 'deny', 'withdraw'),
  after: fc.oneof(
    { weight: 6, arbitrary: fc.constant('mine' as const) },
    fc.constantFrom('mine' as const, 'none' as const),
    fc.nat(5),
  ),
  lag: fc.nat(2),
  repeats: fc.constantFrom(0, 0, 10),
});

// The model: one list of words, every filling tried.
interface Said {
  readonly id: string;
  readonly human: string;
  readonly stage: string;
  readonly word: Word;
  readonly as: Principal;
}

const fits = ({ roles, where }: Seat, { roles: held, claims }: Principal) =>
  roles.some((role) => held.includes(role)) && (!where || claims[where.claim] === where.value);

function fillable([first, ...rest]: readonly Seat[], people: readonly Principal[]): boolean {
  if (!first) return true;
  return people.some(
    (one) =>
      fits(first, one) &&
      fillable(
        rest,
        people.filter((other) => other !== one),
      ),
  );
}

const groupsIn = (stage: PlannedStage) => stage.anyOf ?? [stage.seats];

function statusIn(
  stages: readonly PlannedStage[],
  said: readonly Said[],
  stage: PlannedStage,
): string {
  const last = new Map<string, Said>();
  for (const one of said) if (one.stage === stage.id) last.set(one.human, one);
  const of = (word: Word) => [...last.values()].filter((one) => one.word === word);
  if (of('deny').length >= stage.denyQuorum) return 'denied';
  const approvers = of('approve').map(({ as }) => as);
  if (groupsIn(stage).some((group) => fillable(group, approvers))) return 'approved';
  const before = stages.filter(({ id }) => stage.after.includes(id));
  return before.every((one) => statusIn(stages, said, one) === 'approved') ? 'open' : 'waiting';
}

function stateIn(stages: readonly PlannedStage[], said: readonly Said[]): string {
  const all = stages.map((stage) => statusIn(stages, said, stage));
  if (all.includes('denied')) return 'denied';
  return all.every((status) => status === 'approved') ? 'approved' : 'pending';
}

function counts(
  stages: readonly PlannedStage[],
  said: readonly Said[],
  {
    account: { human, as },
    stage: id,
    word,
    after,
  }: { account: Account; stage: string; word: Word; after: string | null },
): boolean {
  const stage = stages.find((one) => one.id === id);
  if (!stage || human === 'mia' || as.kind === 'workload') return false;
  if (stateIn(stages, said) !== 'pending' || statusIn(stages, said, stage) !== 'open') return false;
  if (
    !groupsIn(stage)
      .flat()
      .some((one) => fits(one, as))
  )
    return false;
  const mine = said.findLast((one) => one.human === human && one.stage === id);
  if ((mine?.id ?? null) !== after) return false;
  return mine ? mine.word !== word : word !== 'withdraw';
}

const apply = (
  request: Request,
  by: Principal,
  given: { id: string; stage: string; word: Word; after: string | null; revision?: number },
  now = NOW,
) => {
  const { id: decisionId, stage, word, after, revision = request.version } = given;
  return transition(
    request,
    {
      type: 'decide',
      decisionId,
      by,
      word,
      stage,
      after,
      revision,
      digest: request.digest,
      reason: null,
      origin: BY_API,
    },
    now,
  );
};

/** For each account, what its view offers is what its click does. */
function checkOffers(request: Request, people: readonly Account[], now: number): void {
  for (const { as } of people) {
    const view = requestView(request, as, now);
    for (const { stage, mine, words } of view.stages) {
      const accepted = WORDS.filter((word) => {
        const click = { id: 'x', stage: stage.id, word, after: mine?.id ?? null };
        return apply(request, as, click, now).kind === 'step';
      });
      expect([as.key, stage.id, [...words].sort()]).toEqual([as.key, stage.id, accepted]);
    }
    const cancelled = transition(request, { type: 'cancel', by: as }, now).kind === 'step';
    expect([as.key, 'cancel', view.mayCancel]).toEqual([as.key, 'cancel', cancelled]);
  }
}

test('words fill seats, close stages and end requests as in a model that tries every filling', () => {
  fc.assert(
    fc.property(
      plan,
      accounts,
      fc.array(click, { maxLength: 40, size: 'max' }),
      (stages, people, clicks) => {
        const made = pendingRequest();
        let request: Request = { ...made, plan: { ...made.plan, stages } };
        const said: Said[] = [];
        clicks.forEach(({ who, stage: at, word, after: named, lag, repeats }, index) => {
          const account = people[who] as Account;
          const stage = at < 4 ? 'unknown' : `s${at % stages.length}`;
          const mine = said.findLast((one) => one.human === account.human && one.stage === stage);
          const after =
            named === 'mine'
              ? (mine?.id ?? null)
              : named === 'none'
                ? null
                : (said.at(-1 - named)?.id ?? 'dec_none');
          const before = request;
          for (let again = 0; again <= repeats; again += 1) {
            const id = `dec_${index}_${again}`;
            const expected = counts(stages, said, { account, stage, word, after });
            const revision = Math.max(1, request.version - lag);
            const ruled = apply(request, account.as, { id, stage, word, after, revision });
            expect(ruled.kind === 'step').toBe(expected);
            if (again > 0) expect(expected).toBe(false);
            if (ruled.kind !== 'step') continue;
            request = ruled.step.request;
            said.push({ id, human: account.human, stage, word, as: account.as });
          }
          expect(request.state).toBe(stateIn(stages, said));
          expect(stages.map((one) => stageStatus(request, one))).toEqual(
            stages.map((one) => statusIn(stages, said, one)),
          );
          if (request !== before) checkOffers(request, people, NOW + 1);
        });
        checkOffers(request, people, request.expiresAt);
      },
    ),
    { numRuns: 150 },
  );
});
