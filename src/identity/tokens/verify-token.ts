import type { Principal, PrincipalKind } from '../../domain/people/principal.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Directory } from '../../usecases/ports/directory.ts';
import { isAgent } from './agents.ts';
import { isSignedBy } from './algorithms.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import { identityError } from '../codes.ts';
import { parseCompact } from './compact.ts';
import type { CompactToken } from './compact.ts';
import type { VerificationKey } from '../issuer-keys/key-document.ts';
import { groupsBeyond } from './group-overage.ts';
import { createLinks } from './links.ts';
import { clientOf, principalOf } from './principal.ts';
import { createProviders, fillTenant } from '../providers.ts';
import type { IdentityParts, Provider, Providers } from '../providers.ts';
import { checkAudience } from './audience.ts';
import type { AudienceRules } from './audience.ts';
import { checkTimes, requiredText, textClaim } from './registered-claims.ts';
import { impliedRoles } from './roles.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { isAppOnly, kindOf, refuseIdToken } from './token-kind.ts';

/** What a token is presented for. */
export type Purpose =
  /** At the HTTP API: an access token of any configured issuer for its audiences. */
  | { readonly kind: 'bearer' }
  /** At a click: an access token of one provider, for the audiences of single sign-on. */
  | {
      readonly kind: 'single-sign-on';
      readonly provider: string;
      readonly audiences: ReadonlySet<string>;
    }
  /** At the sign-in's callback or a refresh: the ID token of one provider for our own client. */
  | {
      readonly kind: 'sign-in' | 'refresh';
      readonly provider: string;
      readonly clientId: string;
      /** Of the sign-in. A refreshed token may omit it (OpenID Connect Core 12.2). */
      readonly nonce: string;
    };

export interface VerifiedToken {
  readonly principal: Principal;
  /** All claims, for the checks of the purpose; never stored. */
  readonly claims: JsonObject;
}

/** Verifies tokens and returns principals. */
export interface Verifier {
  readonly providers: Providers;
  readonly clock: Clock;
  /** @throws IdentityError with the code of the first check that fails. */
  verify(token: string, purpose: Purpose): Promise<VerifiedToken>;
}

const ACCESS_TOKEN_TYPES = new Set<string | null>([null, 'jwt', 'at+jwt']);
const ID_TOKEN_TYPES = new Set<string | null>([null, 'jwt']);

/**
 * The only way from a token to a principal. Order: form, issuer, algorithm, key, signature, claims
 * (RFC 8725, OpenID Connect Core 3.1.3.7). Before the signature is verified, only what selects the
 * key is read.
 *
 * @throws Error at once where issuers or roles are configured inconsistently.
 */
export function createVerifier(
  parts: IdentityParts & { directory?: Pick<Directory, 'isAgent' | 'memberOf'> },
): Verifier {
  const { clock } = parts;
  const providers = createProviders(parts);
  const { implies, links = [] } = parts.config.identity;
  const rules = { implied: impliedRoles(implies), links: createLinks(links, providers) };
  return {
    providers,
    clock,
    async verify(text, purpose) {
      const token = parseCompact(text);
      const { claims } = token;
      const provider = providerFor(claims, { purpose, providers });
      checkType(token, purpose);
      checkAlgorithm(token, provider);
      await checkSignature(token, provider);
      checkTenant(claims, provider);
      const audience = checkAudience(claims, audiencesOf(purpose, provider));
      const times = checkTimes(claims, {
        now: clock.now(),
        toleranceMs: provider.config.clockToleranceMs,
        maxAgeMs: provider.config.maxAgeMs,
      });
      const kind = checkKind(claims, provider, purpose);
      // After all checks: an invalid token must cause no directory call.
      const agent = await isAgent(parts.directory, { claims, provider, kind });
      const groups = await groupsBeyond(parts.directory, {
        token,
        provider,
        kind,
        // Only an access token can be exchanged (on-behalf-of flow), not an ID token.
        assertion: 'clientId' in purpose ? null : text,
      });
      const principal = principalOf(
        { token, provider, kind, agent, audience, times, groups },
        rules,
      );
      return { principal, claims };
    },
  };
}

/** The provider of a token's `iss`, if the purpose accepts it. @throws IdentityError. */
export function providerFor(
  claims: JsonObject,
  { purpose, providers }: { purpose: Purpose; providers: Providers },
): Provider {
  const iss = requiredText(claims, 'iss');
  const provider = providers.ofIssuer(iss);
  const { accessTokenIssuer } = provider.config;
  if (accessTokenIssuer !== undefined && 'clientId' in purpose === (iss === accessTokenIssuer)) {
    throw identityError('token_issuer_unknown', { about: 'other_kind' });
  }
  if (purpose.kind !== 'bearer' && purpose.provider !== provider.config.id) {
    throw identityError('token_issuer_unknown', { about: 'other_provider' });
  }
  return provider;
}

/** Refuses the `typ` of another kind of token (RFC 8725 3.11). @throws IdentityError. */
export function checkType(token: Pick<CompactToken, 'typ'>, purpose: Purpose): void {
  const types = 'clientId' in purpose ? ID_TOKEN_TYPES : ACCESS_TOKEN_TYPES;
  if (!types.has(token.typ)) throw identityError('token_header_refused', { about: 'typ' });
}

/**
 * Refuses an algorithm that the issuer's configuration does not list (RFC 8725 3.1). @throws
 * IdentityError.
 */
export function checkAlgorithm(token: Pick<CompactToken, 'alg'>, provider: Provider): void {
  if (!provider.algorithms.has(token.alg)) throw identityError('token_algorithm_refused');
}

/**
 * Verifies a signature with the provider's key. A key that was found without an id may have been
 * replaced since; then it is verified once more, with the new one.
 *
 * @throws IdentityError of the key, its issuer or the signature.
 */
export async function checkSignature(token: CompactToken, provider: Provider): Promise<void> {
  const key = await provider.keys.find(token);
  checkKeyIssuer(key, token.claims);
  try {
    await checkWithKey(token, key);
  } catch (error) {
    if (!(error instanceof IdentityError) || error.code !== 'token_signature_invalid') throw error;
    const newer = await provider.keys.findNewer(token, key);
    if (newer === undefined) throw error;
    checkKeyIssuer(newer, token.claims);
    await checkWithKey(token, newer);
  }
}

/**
 * Verifies a signature with one key.
 *
 * @throws IdentityError `token_algorithm_refused`, `token_signature_invalid`.
 */
export async function checkWithKey(token: CompactToken, key: VerificationKey): Promise<void> {
  const ready = await importedKey(token.alg, key);
  if (!(await isSignedBy(token.text, { alg: token.alg, key: ready }))) {
    throw identityError('token_signature_invalid');
  }
}

async function importedKey(alg: string, key: VerificationKey) {
  try {
    const ready = await key.forAlgorithm(alg);
    if (ready !== undefined) return ready;
  } catch (cause) {
    throw identityError('token_algorithm_refused', { about: 'key_unusable', cause });
  }
  throw identityError('token_algorithm_refused', { about: 'key_of_other_algorithm' });
}

/**
 * Checks the key's own issuer: Entra publishes the keys of several issuers in one document.
 *
 * @throws IdentityError `token_key_not_for_issuer`.
 */
export function checkKeyIssuer(key: VerificationKey, claims: JsonObject): void {
  if (key.issuer === null) return;
  const tid = own(claims, 'tid');
  const meant = fillTenant(key.issuer, typeof tid === 'string' ? tid : '');
  if (meant !== own(claims, 'iss')) throw identityError('token_key_not_for_issuer');
}

/** Entra names the tenant twice: `iss` and `tid` must agree. */
export function checkTenant(claims: JsonObject, provider: Provider): void {
  if (provider.config.kind !== 'entra') return;
  const [iss, tid] = [requiredText(claims, 'iss'), requiredText(claims, 'tid')];
  if (!provider.tenants.has(tid)) throw identityError('token_tenant_not_allowed');
  const inIssuer = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(iss.toLowerCase())?.[0];
  if (inIssuer !== undefined && inIssuer !== tid) throw identityError('token_tenant_mismatch');
}

/** For whom a token may be, by its purpose. */
export function audiencesOf(purpose: Purpose, { config, audiences }: Provider): AudienceRules {
  if ('clientId' in purpose) {
    const { clientId } = purpose;
    const listed = new Set(config.furtherAudiences);
    return { accepted: new Set([clientId]), further: { clientId, listed } };
  }
  if (purpose.kind === 'single-sign-on') return { accepted: purpose.audiences };
  return { accepted: audiences, byClient: config.audienceClaim === 'client_id' };
}

/** Refuses the wrong kind of token and returns the kind of principal. @throws IdentityError. */
export function checkKind(claims: JsonObject, provider: Provider, purpose: Purpose): PrincipalKind {
  if (!('clientId' in purpose)) {
    refuseIdToken(claims);
    return kindOf(claims, provider.config);
  }
  if (own(claims, 'token_use') === 'access') {
    throw identityError('token_claim_invalid', { about: 'token_use' });
  }
  const nonce = textClaim(claims, 'nonce');
  const left = nonce === null && purpose.kind === 'refresh';
  if (!left && nonce !== purpose.nonce) throw identityError('token_wrong_nonce');
  const client = clientOf(claims);
  if (client !== null && client !== purpose.clientId) throw identityError('token_audience');
  if (isAppOnly(claims)) throw identityError('token_kind_not_accepted', { about: 'workload' });
  if (!provider.config.use.includes('people')) {
    throw identityError('token_kind_not_accepted', { about: 'person' });
  }
  return 'person';
}
