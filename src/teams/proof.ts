import type { Principal } from '../domain/principal.ts';
import { IdentityError } from '../usecases/ports.ts';
import type { TeamsSender } from '../usecases/ports.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { loginAnswer, messageAnswer, preconditionAnswer } from './answers.ts';
import type { BotDeps } from './deps.ts';
import { jsonOr, textOf } from './json.ts';

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

const MAX_TOKEN = 16_384;

/** Codes of identities that are not the sender's, or that nobody may bring: recorded, and told. */
const FOREIGN = [
  'sso_wrong_person', 'sso_wrong_tenant', 'sso_not_person', 'sso_wrong_client',
  'sign_in_wrong_person', 'token_own_issuer',
];
/** Codes that another sign-in would not mend. */
const PASSING = [
  'token_keys_unavailable', 'sign_in_unavailable', 'sign_in_too_many_tries', 'groups_unavailable',
  'groups_not_listed',
];

/**
 * Turns what the client brought with a card action into a verified principal: a single sign-on
 * token (`value.authentication`) or the code of our sign-in page (`value.state`). Without either
 * the answer is a login request. A token or code that did not do is followed by a login request
 * without the silent way, so that no client loops; somebody else's identity is recorded and
 * answered with a sentence.
 */
export async function prove(
  deps: BotDeps,
  activity: TeamsActivity,
  given: { sender: TeamsSender; subject: ProofSubject },
): Promise<Proof> {
  const authentication = jsonOr(activity.value.authentication);
  const token = textOf(authentication.token, MAX_TOKEN);
  const code = textOf(activity.value.state, 512);
  try {
    if (token !== undefined && deps.config.singleSignOn.enabled) {
      const by = await deps.identity.verifySingleSignOn(token, given.sender);
      const exchangeId = textOf(authentication.id, 256) ?? null;
      return { kind: 'principal', by, exchangeId };
    }
    if (code !== undefined && deps.signIn) {
      const by = await deps.signIn.redeem({ code, sender: given.sender, ...given.subject });
      return { kind: 'principal', by, exchangeId: null };
    }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return { kind: 'answer', answer: await refused(deps, given, error) };
  }
  return { kind: 'answer', answer: await login(deps, given, { silent: true }) };
}

async function refused(
  deps: BotDeps,
  given: { sender: TeamsSender; subject: ProofSubject },
  error: IdentityError,
): Promise<Answer> {
  const { code, message } = error;
  deps.log.info('the proof of a click was refused', { code });
  if (FOREIGN.includes(code)) {
    const { sender, subject } = given;
    const requestId = subject.revision === 0 ? null : subject.requestId;
    await deps.app.recordMismatch({ sender, requestId, code });
    return messageAnswer(message);
  }
  if (PASSING.includes(code)) return messageAnswer(message);
  return deps.signIn ? login(deps, given, { silent: false }) : preconditionAnswer(message);
}

async function login(
  deps: BotDeps,
  { sender, subject }: { sender: TeamsSender; subject: ProofSubject },
  { silent }: { silent: boolean },
): Promise<Answer> {
  const { enabled, connectionName, resource } = deps.config.singleSignOn;
  if (!enabled && !deps.signIn) {
    return messageAnswer('Nobody can sign in here yet: ask an administrator to configure it.');
  }
  const link = deps.signIn ? await deps.signIn.createLink({ sender, ...subject }) : null;
  const exchange = silent && enabled ? { id: deps.ids.secret(16), uri: resource } : null;
  return loginAnswer({ connectionName, exchange, link });
}
