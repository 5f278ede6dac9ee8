import { createDirectory } from '../directory/directory.ts';
import { createClaimsRefresher, heldBySession } from '../identity/claims-refresher.ts';
import { createIdentity } from '../identity/identity.ts';
import { renewClaimsBy } from '../identity/renew-claims.ts';
import type { SessionSecrets } from '../identity/sessions/session-tokens.ts';
import { createSessions } from '../identity/sessions/sessions.ts';
import type { SessionKeeper } from '../identity/sessions/sessions.ts';
import { createSignInClient } from '../identity/sign-in/sign-in-client.ts';
import { createSignIn } from '../identity/sign-in/sign-in.ts';
import { createDpopNonces } from '../identity/tokens/dpop-nonces.ts';
import { createLinks } from '../identity/tokens/links.ts';
import { createVerifier } from '../identity/tokens/verify-token.ts';
import type { Verifier } from '../identity/tokens/verify-token.ts';
import type { Keys } from '../keys/keys.ts';
import { createOnceKeys } from '../usecases/once-keys.ts';
import type { App } from '../usecases/app.ts';
import { noClaimsRefresher } from '../usecases/ports/claims-refresher.ts';
import type { ClaimsRefresher } from '../usecases/ports/claims-refresher.ts';
import type { SignInPages } from '../usecases/ports/sign-in-pages.ts';
import type { SignIn } from '../usecases/ports/sign-in.ts';
import type { Foundation } from './foundation.ts';

/** Who somebody is, and what they may do now. */
export type IdentityArea = ReturnType<typeof composeIdentity>;

/** Tokens, sessions (null where no sign-in starts one) and the directory. */
export function composeIdentity(foundation: Foundation) {
  const { config, clock, ids, log, store, keys } = foundation;
  const directory = createDirectory(foundation);
  const verifier = createVerifier({ config, clock, log, directory });
  const identity = createIdentity({
    config,
    clock,
    log,
    verifier,
    once: createOnceKeys({ store, clock, ids }),
    ...(config.identity.dpopNonce === true
      ? { nonces: createDpopNonces((text) => keys.mac('dpop-nonces', text)) }
      : {}),
  });
  const links = createLinks(config.identity.links ?? [], verifier.providers);
  const secrets = storedSecrets(keys);
  const sessions = sessionsOf(foundation, { verifier, secrets });
  const refresherOr = (otherwise: ClaimsRefresher) =>
    createClaimsRefresher({ config, providers: verifier.providers, directory, otherwise });
  return {
    identity,
    verifier,
    secrets,
    sessions,
    /** Keys of the other identities that the configuration links to this one. */
    linkedTo: (key: string) => links.get(key) ?? [],
    refresher: refresherOr(sessions ? heldBySession(sessions) : noClaimsRefresher),
    renewClaims:
      sessions && renewClaimsBy({ refresher: refresherOr(noClaimsRefresher), clock, log }),
  };
}

/** The sign-in button's way; a sign-in as somebody else is recorded by the app. */
export function composeSignIn(
  foundation: Foundation,
  { verifier, secrets, sessions }: IdentityArea,
  app: Pick<App, 'recordMismatch'>,
): SignIn & SignInPages {
  const { config, clock, ids, store } = foundation;
  return createSignIn({
    config,
    clock,
    ids,
    store,
    verifier,
    secrets,
    ...(sessions ? { sessions } : {}),
    mismatch: ({ person, ...seen }) => app.recordMismatch({ sender: person, ...seen }),
  });
}

/** Sessions, where they are configured: they begin at the sign-in button alone. */
function sessionsOf(
  foundation: Foundation,
  given: { verifier: Verifier; secrets: SessionSecrets },
): SessionKeeper | null {
  const { config, clock } = foundation;
  const { session } = config.identity;
  const client = createSignInClient({ config, clock, verifier: given.verifier });
  return session && client ? createSessions({ ...foundation, ...given, client }, session) : null;
}

function storedSecrets(keys: Keys): SessionSecrets {
  return {
    encryptionKey: () => keys.encryptionKey('stored-secrets'),
    encrypt: (text) => keys.encrypt('stored-secrets', text),
    decrypt: (encrypted) => keys.decrypt('stored-secrets', encrypted),
  };
}
