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
import { jsonOr, textOf } from '../../lib/strict-json.ts';

/** A card action and its sender, as Teams named them. */
interface Click {
  readonly activity: TeamsActivity;
  readonly sender: TeamsSender;
}

type Given = Unproven & Click;

const MAX_TOKEN = 16_384;

/** Codes of another person's token, or of one that nobody may bring. The audit log records them. */
const FOREIGN = [
  'sso_wrong_person',
  'sso_wrong_tenant',
  'sso_not_person',
  'sso_wrong_client',
  'sign_in_wrong_person',
  'token_own_issuer',
];
/** Codes that another sign-in would not solve. */
const TRANSIENT = [
  'token_keys_unavailable',
  'sign_in_unavailable',
  'sign_in_too_many_tries',
  'groups_unavailable',
  'agents_unavailable',
  'groups_not_listed',
  'session_refresh_unavailable',
  'session_claims_stale',
];

/**
 * Proves who sent a card action: by a single sign-on token (`value.authentication`), by the code of
 * our sign-in page (`value.state`), or else by the sender's session.
 *
 * Claims that are too old are refreshed by the session or looked up in the directory; if neither
 * works, the response is a login request. To avoid a loop in the client, the login request after a
 * refused token or code offers no silent way, and the response to a second proof that is too old is
 * a sentence. Another person's token is recorded and answered with a sentence.
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
 * A stronger proof, where the sign-in does not meet the stage's demand. Teams' single sign-on can
 * request neither an authentication context nor a new sign-in. So the session refreshes its claims,
 * and if that is not enough, the link requests what is demanded. A person who comes from the link
 * gets no second one.
 */
async function strengthen(
  deps: BotDeps,
  given: Given,
  { proof, demand }: { proof: Proven; demand: StepUp },
): Promise<Proof<Answer> | undefined> {
  const way = proof.by.proof?.way;
  if (way === 'sign-in') return undefined;
  // Not where the claims were already refreshed for this click.
  const by =
    way === 'refresh' ? undefined : await deps.sessions?.current(given.sender, { renew: true });
  if (by && meetsStepUp(demand, by.token, deps.clock.now()).ok) return { ...proof, by };
  return deps.signIn ? asking(await login(deps, given, { silent: false })) : undefined;
}

function asking(ask: Answer): Proof<Answer> {
  return { kind: 'unproven', ask };
}

/** The response to a refused proof. */
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

/** A single sign-on token that is only too old, with current roles of the directory. */
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
  // The link carries the stage's demand; the silent way cannot.
  const link = deps.signIn
    ? await deps.signIn.createLink({ sender, ...subject, stepUp: (await stepUp?.()) ?? null })
    : null;
  const exchange =
    silent && enabled ? { id: deps.ids.next('sso', deps.clock.now()), uri: resource } : null;
  return loginAnswer(deps.text, { connectionName, exchange, link });
}
