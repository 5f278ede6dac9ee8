import type { Outcome } from '../outcome.ts';
import type { Decision, Request } from '../request/request.ts';
import type { PrincipalRef, TokenEvidence } from './principal.ts';

/** What stands where a value of an erased person was. */
export const ERASED = '(erased)';

/** Whether one of these names (keys, object ids, Teams user ids) is this principal's. */
export function isNamed(
  { kind, key, objectId, linkedIdentities = [] }: PrincipalRef,
  names: ReadonlySet<string>,
): boolean {
  if (names.has(key) || (objectId !== null && names.has(objectId))) return true;
  // The human behind a pipeline is linked to it and is somebody else.
  return kind === 'person' && linkedIdentities.some((linked) => names.has(linked));
}

/** Everybody who asked for a request, gets it, or said a word on it. */
export function peopleOf({ requester, beneficiary, decisions }: Request): readonly PrincipalRef[] {
  return [requester, beneficiary, ...decisions.map(({ approver }) => approver)];
}

/**
 * A request without any value of a person: a new version, in which they are called `alias`, random
 * for this request alone. Null where nothing of the person is in it.
 */
export function eraseFrom(
  request: Request,
  { names, alias }: { names: ReadonlySet<string>; alias: string },
): Request | null {
  const own = (ref: PrincipalRef) => isNamed(ref, names);
  const known = peopleOf(request)
    .filter(own)
    .flatMap(({ name, key }) => [name, key]);
  const asked = own(request.requester);
  const erased: Request = {
    ...request,
    requester: asked ? nobody(request.requester, alias) : request.requester,
    beneficiary: own(request.beneficiary)
      ? nobody(request.beneficiary, alias)
      : request.beneficiary,
    ...(asked ? withoutValues(request) : {}),
    decisions: request.decisions.map((decision) =>
      own(decision.approver) ? withoutApprover(decision, alias) : decision,
    ),
    outcome: request.outcome && withoutPeople(request.outcome, { known, asked }),
  };
  const scrubbed = scrub(erased, { names, alias }) as Request;
  if (JSON.stringify(scrubbed) === JSON.stringify(request)) return null;
  const salt = digested(scrubbed) === digested(request) ? request.salt : null;
  return { ...scrubbed, salt, version: request.version + 1 };
}

/** What the digest covers of people: once a value of it is gone, nobody may guess it by the digest. */
function digested({ requester, beneficiary, reason, fields, plan }: Request): string {
  return JSON.stringify([requester.key, beneficiary.key, reason, fields, plan]);
}

function nobody({ kind }: PrincipalRef, alias: string): PrincipalRef {
  const provider = 'erased';
  return { key: alias, kind, provider, subject: alias, tenant: null, objectId: null, name: ERASED };
}

/** What a requester wrote, and what their token said. */
function withoutValues({ reason, requestedWith, fields, plan }: Request) {
  const personal = plan.fields.filter((field) => field.personal).map(({ id }) => id);
  const kept = Object.entries(fields).map(([id, value]) => [
    id,
    personal.includes(id) ? ERASED : value,
  ]);
  return {
    reason: reason && ERASED,
    requestedWith: withoutSubject(requestedWith),
    fields: Object.fromEntries(kept) as Request['fields'],
    plan: { ...plan, stages: plan.stages.map(withoutClaims) },
  };
}

/** The values that approvers' claims were compared with may be the requester's. */
function withoutClaims<Stage extends Request['plan']['stages'][number]>(stage: Stage): Stage {
  const seat = (one: Stage['seats'][number]) =>
    one.where ? { ...one, where: { ...one.where, value: ERASED } } : one;
  const { seats, anyOf } = stage;
  const groups = anyOf && { anyOf: anyOf.map((group) => group.map(seat)) };
  return { ...stage, seats: seats.map(seat), ...groups };
}

function withoutApprover(decision: Decision, alias: string): Decision {
  const { approver, reason, evidence } = decision;
  const nowhere = { objectId: null, activityId: null, conversationId: null, exchangeId: null };
  return {
    ...decision,
    approver: nobody(approver, alias),
    reason: reason && ERASED,
    evidence: { ...evidence, ...nowhere, token: withoutSubject(evidence.token) },
  };
}

function withoutSubject(token: TokenEvidence): TokenEvidence {
  return { ...token, subject: ERASED, tokenId: null, digest: ERASED };
}

function withoutPeople(
  outcome: Outcome,
  { known, asked }: { known: readonly string[]; asked: boolean },
): Outcome {
  // A target got names and keys, and may repeat them in its answer.
  const isTheirs = (value: unknown) =>
    typeof value === 'string' && known.some((text) => text !== '' && value.includes(text));

  const params = Object.entries(outcome.params).map(([name, value]) => {
    const theirs = isTheirs(value) || (asked && isAsked(name));
    return [name, theirs && value !== null ? ERASED : value];
  });
  const reference = isTheirs(outcome.reference) ? ERASED : outcome.reference;
  return { ...outcome, reference, params: Object.fromEntries(params) as Outcome['params'] };
}

/** What a target said may repeat the requester's words, and a claim may have been theirs. */
function isAsked(param: string): boolean {
  return param === 'said' || param === 'value';
}

/** Takes names away wherever they stand, such as in somebody else's linked identities. */
function scrub(value: unknown, erased: { names: ReadonlySet<string>; alias: string }): unknown {
  if (typeof value === 'string') return erased.names.has(value) ? erased.alias : value;
  if (Array.isArray(value)) return value.map((inner) => scrub(inner, erased));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, scrub(inner, erased)]),
  );
}
