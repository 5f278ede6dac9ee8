import type { Identity } from '../usecases/ports/identity.ts';
import type { OnceKeys } from '../usecases/ports/once-keys.ts';
import type { Principal, Proof } from '../domain/people/principal.ts';
import { IDENTITY_CODES, identityError } from './codes.ts';
import { checkHolder, refuseBound } from './tokens/dpop.ts';
import type { DpopNonces } from './tokens/dpop-nonces.ts';
import type { IdentityParts } from './providers.ts';
import { checkSingleSignOn } from './tokens/single-sign-on.ts';
import { createVerifier } from './tokens/verify-token.ts';
import type { Verifier } from './tokens/verify-token.ts';

/**
 * The identity port: verifies tokens at the API and at a click. Pass `verifier` to share its key
 * caches with the sign-in.
 *
 * @throws Error at once where the configuration is inconsistent.
 */
export function createIdentity(
  parts: IdentityParts & {
    verifier?: Verifier;
    /** Stores used DPoP proofs; without it, bound tokens are refused. */
    once?: OnceKeys;
    /** Set where DPoP proofs must carry our nonce. */
    nonces?: DpopNonces;
  },
): Identity {
  const verifier = parts.verifier ?? createVerifier(parts);
  const rules = parts.config.teams.singleSignOn;
  const audiences = new Set(rules.audiences);
  if (rules.enabled && verifier.providers.get(rules.issuer) === undefined) {
    throw new Error(`teams.singleSignOn.issuer: no identity issuer has the id "${rules.issuer}"`);
  }
  return {
    bearerCodes: IDENTITY_CODES.filter((code) => /^(token|dpop|groups|agents)_/.test(code)),
    async verifyBearer(token, proof) {
      const { principal, claims } = await verifier.verify(token, { kind: 'bearer' });
      // After the token check: a proof without a valid token must cost little.
      await checkHolder({ token, claims, proof }, parts);
      return proven(principal, 'bearer');
    },
    async verifySingleSignOn(token, sender) {
      if (!rules.enabled) throw identityError('sso_off');
      const verified = await verifier.verify(token, {
        kind: 'single-sign-on',
        provider: rules.issuer,
        audiences,
      });
      refuseBound(verified.claims);
      return proven(checkSingleSignOn(verified, { rules, sender }), 'single-sign-on');
    },
  };

  function proven(principal: Principal, way: Proof['way']): Principal {
    return { ...principal, proof: { way, verifiedAt: verifier.clock.now(), sessionId: null } };
  }
}
