import type { Principal } from '../../domain/people/principal.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import { identityText } from '../../text/text.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { loginAnswer, messageAnswer, preconditionAnswer } from './answers.ts';
import type { BotDeps } from '../deps.ts';
import { jsonOr, textOf } from '../json.ts';

/** Who a click speaks for, or what to answer instead. */
export type Proof =
  | { readonly kind: 'principal'; readonly by: Principal; readonly exchangeId: string | null }
  | { readonly kind: 'answer'; readonly answer: Answer };

/**
 * What a sign-in link is bound to: a request and its revision, or what stands in for them
 * (`workflow:<id>`, `number:<n>`) with revision 0.
 */
export interface ProofSubject {
  readonly requestId: string;
  readonly revision: number;
}

/** A click to be proven. */
export interface Unproven {
  readonly sender: TeamsSender;
  readonly subject: ProofSubject;
  /** What the click demands of a sign-in; asked only where one is asked for. */
  readonly stepUp?: () => Promise<StepUp | null>;
}

const MAX_TOKEN = 16_384;

/** Codes of identities that are not the sender's, or that nobody may bring: recorded, and told. */
const FOREIGN = [
  'sso_wrong_person',
  'sso_wrong_tenant',
  'sso_not_person',
  'sso_wrong_client',
  'sign_in_wrong_person',
  'token_own_issuer',
];
/** Codes that another sign-in would not mend. */
const TRANSIENT = [
  'token_keys_unavailable',
  'sign_in_unavailable',
  'sign_in_too_many_tries',
  'groups_unavailable',
  'groups_not_listed',
  'session_refresh_unavailable',
  'session_claims_stale',
];

/**
 * Turns what the client brought with a card action into a verified principal: a single sign-on
 * token (`value.authentication`), the code of our sign-in page (`value.state`), or, with neither,
 * the sender's live session. Claims that are too old are fetched again by the session, or looked up
 * in the directory; where neither can be the answer is a login request. A token or code that did
 * not do is followed by a login request without the silent way, and a second one that is too old by
 * a sentence, so that no client loops; somebody else's identity is recorded and answered with a
 * sentence.
 */
export async function prove(
  deps: BotDeps,
  activity: TeamsActivity,
  given: Unproven,
): Promise<Proof> {
  const authentication = jsonOr(activity.value.authentication);
  const token = textOf(authentication.token, MAX_TOKEN);
  const code = textOf(activity.value.state, 512);
  try {
    if (token !== undefined && deps.config.singleSignOn.enabled) {
      const by = await deps.identity.verifySingleSignOn(token, given.sender);
      const exchangeId = textOf(authentication.id, 256) ?? null;
      if (isFresh(deps, by)) return { kind: 'principal', by, exchangeId };
      return (
        (await bySession(deps, given)) ??
        (await byLookUp(deps, { by, exchangeId })) ??
        loggingIn(deps, given, { silent: false })
      );
    }
    if (code !== undefined && deps.signIn) {
      const by = await deps.signIn.redeem({ code, sender: given.sender, ...given.subject });
      if (isFresh(deps, by)) return { kind: 'principal', by, exchangeId: null };
      const answer = messageAnswer(deps.text.answers.rolesTooOld);
      return (await bySession(deps, given)) ?? { kind: 'answer', answer };
    }
    return (await bySession(deps, given)) ?? (await loggingIn(deps, given, { silent: true }));
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return { kind: 'answer', answer: await refused(deps, given, error) };
  }
}

/** A login request for a person whose proof was good and does not come up to what is demanded. */
export function askToSignIn(deps: BotDeps, given: Unproven): Promise<Answer> {
  return login(deps, given, { silent: false });
}

/** What a refused proof is answered with. */
export async function refused(
  deps: BotDeps,
  given: Unproven,
  error: IdentityError,
): Promise<Answer> {
  const { code } = error;
  const sentence = identityText(deps.text, error);
  deps.log.info('the proof of a click was refused', { code });
  if (FOREIGN.includes(code)) {
    const { sender, subject } = given;
    const requestId = subject.revision === 0 ? null : subject.requestId;
    await deps.app.recordMismatch({ sender, requestId, code });
    return messageAnswer(sentence);
  }
  if (TRANSIENT.includes(code)) return messageAnswer(sentence);
  return deps.signIn ? login(deps, given, { silent: false }) : preconditionAnswer(sentence);
}

function isFresh({ sessions }: BotDeps, by: Principal): boolean {
  return !sessions || sessions.areFresh(by);
}

async function bySession({ sessions }: BotDeps, { sender }: Unproven): Promise<Proof | undefined> {
  const by = await sessions?.current(sender);
  return by && { kind: 'principal', by, exchangeId: null };
}

/** A single sign-on token that is good but for its age, under what a directory says now. */
async function byLookUp(
  { renewClaims }: BotDeps,
  { by, exchangeId }: { by: Principal; exchangeId: string | null },
): Promise<Proof | undefined> {
  const renewed = await renewClaims?.(by);
  return renewed && { kind: 'principal', by: renewed, exchangeId };
}

async function loggingIn(
  deps: BotDeps,
  given: Unproven,
  options: { silent: boolean },
): Promise<Proof> {
  return { kind: 'answer', answer: await login(deps, given, options) };
}

async function login(
  deps: BotDeps,
  { sender, subject, stepUp }: Unproven,
  { silent }: { silent: boolean },
): Promise<Answer> {
  const { enabled, connectionName, resource } = deps.config.singleSignOn;
  if (!enabled && !deps.signIn) {
    return messageAnswer(deps.text.answers.nobodySignsIn);
  }
  // A stage's demand goes into the link; the silent way can be told of none.
  const link = deps.signIn
    ? await deps.signIn.createLink({ sender, ...subject, stepUp: (await stepUp?.()) ?? null })
    : null;
  const exchange =
    silent && enabled ? { id: deps.ids.next('sso', deps.clock.now()), uri: resource } : null;
  return loginAnswer(deps.text, { connectionName, exchange, link });
}
