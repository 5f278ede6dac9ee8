import type { Principal } from '../../domain/people/principal.ts';
import { meetsStepUp } from '../../domain/request/step-up.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import type { Proof, Proven, Prover, Unproven } from '../../interactions/prover.ts';
import { identityText } from '../../text/text.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { loginAnswer, messageAnswer, preconditionAnswer } from './answers.ts';
import type { BotDeps } from '../deps.ts';
import { jsonOr, textOf } from '../../lib/loose-json.ts';

/** A card action as it came from Teams, and who sent it. */
interface Click {
  readonly activity: TeamsActivity;
  readonly sender: TeamsSender;
}

type Given = Unproven & Click;

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
 * Proves who sent a card action, by what the client brought with it: a single sign-on token
 * (`value.authentication`), the code of our sign-in page (`value.state`), or, with neither, the
 * sender's live session. Claims that are too old are fetched again by the session, or looked up in
 * the directory; where neither can, the answer is a login request. After a token or code that is
 * refused, the login request does not offer the silent way, and after a second one that is too old
 * the answer is a sentence, so that no client loops. Somebody else's identity is recorded and
 * answered with a sentence.
 */
export function teamsProver(deps: BotDeps, click: Click): Prover<Answer> {
  const proving = async <Made>(unproven: Unproven, make: (given: Given) => Promise<Made>) => {
    const given = { ...click, ...unproven };
    try {
      return await make(given);
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      return asking(await refused(deps, given, error));
    }
  };
  return {
    prove: (unproven) => proving(unproven, (given) => prove(deps, given)),
    strengthen: (unproven, weak) => proving(unproven, (given) => strengthen(deps, given, weak)),
  };
}

async function prove(deps: BotDeps, given: Given): Promise<Proof<Answer>> {
  const { value } = given.activity;
  const authentication = jsonOr(value.authentication);
  const token = textOf(authentication.token, MAX_TOKEN);
  const code = textOf(value.state, 512);
  if (token !== undefined && deps.config.singleSignOn.enabled) {
    const by = await deps.identity.verifySingleSignOn(token, given.sender);
    const exchangeId = textOf(authentication.id, 256) ?? null;
    if (isFresh(deps, by)) return { kind: 'principal', by, exchangeId };
    return (
      (await bySession(deps, given)) ??
      (await byLookUp(deps, { by, exchangeId })) ??
      asking(await login(deps, given, { silent: false }))
    );
  }
  if (code !== undefined && deps.signIn) {
    const by = await deps.signIn.redeem({ code, sender: given.sender, ...given.subject });
    if (isFresh(deps, by)) return { kind: 'principal', by, exchangeId: null };
    return (await bySession(deps, given)) ?? asking(messageAnswer(deps.text.answers.rolesTooOld));
  }
  return (await bySession(deps, given)) ?? asking(await login(deps, given, { silent: true }));
}

/**
 * Another proof, where the sign-in behind the first one does not meet what the stage demands. Teams'
 * single sign-on can ask neither for an authentication context nor for a new sign-in. So a session
 * fetches its claims again, and where that is not enough, the link asks for what is demanded. A
 * person who comes from the link already gets no other one.
 */
async function strengthen(
  deps: BotDeps,
  given: Given,
  { proof, demand }: { proof: Proven; demand: StepUp },
): Promise<Proof<Answer> | undefined> {
  const way = proof.by.proof?.way;
  if (way === 'sign-in') return undefined;
  // Only where the claims were not fetched for this very click.
  const by =
    way === 'refresh' ? undefined : await deps.sessions?.current(given.sender, { renew: true });
  if (by && meetsStepUp(demand, by.token, deps.clock.now()).ok) return { ...proof, by };
  return deps.signIn ? asking(await login(deps, given, { silent: false })) : undefined;
}

function asking(ask: Answer): Proof<Answer> {
  return { kind: 'unproven', ask };
}

/** What a refused proof is answered with. */
async function refused(deps: BotDeps, given: Given, error: IdentityError): Promise<Answer> {
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

async function bySession({ sessions }: BotDeps, { sender }: Given): Promise<Proven | undefined> {
  const by = await sessions?.current(sender);
  return by && { kind: 'principal', by, exchangeId: null };
}

/** A single sign-on token that is good but for its age, under what a directory says now. */
async function byLookUp(
  { renewClaims }: BotDeps,
  { by, exchangeId }: { by: Principal; exchangeId: string | null },
): Promise<Proven | undefined> {
  const renewed = await renewClaims?.(by);
  return renewed && { kind: 'principal', by: renewed, exchangeId };
}

async function login(
  deps: BotDeps,
  { sender, subject, stepUp }: Given,
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
