import { toTimestamp } from '../../lib/clock.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import type { CompactToken } from '../tokens/compact.ts';
import { impliedRoles, rolesOf } from '../tokens/roles.ts';
import { principalOf } from '../tokens/principal.ts';
import type { Provider } from '../providers.ts';
import { checkAudience, checkTimes } from '../tokens/registered-claims.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import {
  audiencesOf,
  checkAlgorithm,
  checkKeyIssuer,
  checkKind,
  checkTenant,
  checkType,
  checkWithKey,
} from '../tokens/verify-token.ts';
import type { Purpose } from '../tokens/verify-token.ts';

/** Used where the issuer, and so its tolerance, is unknown. */
const USUAL_TOLERANCE_MS = 30_000;

/** The checks, in the order of the report. */
export type CheckName =
  | 'form'
  | 'issuer'
  | 'type'
  | 'algorithm'
  | 'key'
  | 'signature'
  | 'tenant'
  | 'audience'
  | 'expiry'
  | 'not-before'
  | 'issued-at'
  | 'age'
  | 'kind'
  | 'roles'
  | 'principal'
  | 'groups'
  | 'binding'
  | 'single-sign-on';

/** What is known when a check runs. */
export interface CheckContext {
  readonly purpose: Purpose;
  readonly now: number;
  claims: JsonObject;
  token: CompactToken;
  provider: Provider;
}

/** One check. */
export interface CheckStep {
  readonly check: CheckName;
  readonly needs: readonly ('token' | 'provider')[];
  /** The compared values, in words. */
  found(context: Partial<CheckContext> & { claims: JsonObject }): string;
  /** @throws IdentityError where it fails. */
  run(context: CheckContext): unknown;
}

/** Checks of the header and of the provider's keys. */
export const KEY_CHECKS: readonly CheckStep[] = [
  {
    check: 'type',
    needs: ['token'],
    found: ({ token }) => `typ ${token?.typ ?? 'is missing'}`,
    run: ({ token, purpose }) => checkType(token, purpose),
  },
  {
    check: 'algorithm',
    needs: ['token', 'provider'],
    found: ({ token, provider }) =>
      `alg ${token?.alg}, allowed ${[...(provider?.algorithms ?? [])].join(', ')}`,
    run: ({ token, provider }) => checkAlgorithm(token, provider),
  },
  {
    check: 'key',
    needs: ['token', 'provider'],
    found: ({ token }) => `kid ${token?.kid}`,
    run: async ({ token, provider, claims }) =>
      checkKeyIssuer(await provider.keys.find(token.kid), claims),
  },
  {
    check: 'signature',
    needs: ['token', 'provider'],
    found: () => 'header and payload under that key',
    run: async ({ token, provider }) => {
      checkAlgorithm(token, provider);
      await checkWithKey(token, await provider.keys.find(token.kid));
    },
  },
];

/** Checks of the claims; each runs independently of the others. */
export const CLAIM_CHECKS: readonly CheckStep[] = [
  {
    check: 'tenant',
    needs: ['provider'],
    found: ({ claims, provider }) =>
      provider?.config.kind === 'entra'
        ? `tid ${shown(claims, 'tid')}`
        : 'this issuer has no tenants',
    run: ({ claims, provider }) => checkTenant(claims, provider),
  },
  {
    check: 'audience',
    needs: ['provider'],
    found: ({ claims, provider, purpose }) => {
      const expected = provider && purpose ? [...audiencesOf(purpose, provider)].join(' or ') : '';
      return `aud ${shown(claims, 'aud')}, expected ${expected}`;
    },
    run: ({ claims, provider, purpose }) => checkAudience(claims, audiencesOf(purpose, provider)),
  },
  {
    check: 'expiry',
    needs: [],
    found: foundTime('exp'),
    run: (context) => checkOneTime(context, 'exp'),
  },
  {
    check: 'not-before',
    needs: [],
    found: foundTime('nbf'),
    run: (context) => checkOneTime(context, 'nbf'),
  },
  {
    check: 'issued-at',
    needs: [],
    found: foundTime('iat'),
    run: (context) => checkOneTime(context, 'iat'),
  },
  {
    check: 'age',
    needs: ['provider'],
    found: foundTime('iat'),
    run: (context) => checkOneTime(context, 'iat', context.provider.config.maxAgeMs),
  },
  {
    check: 'kind',
    needs: ['provider'],
    found: ({ claims, provider }) =>
      `used for ${provider?.config.use.join(' and ')}; ` +
      ['idtyp', 'scp', 'gty', 'nonce'].map((name) => `${name} ${shown(claims, name)}`).join(', '),
    run: ({ claims, provider, purpose }) => checkKind(claims, provider, purpose),
  },
  {
    check: 'roles',
    needs: ['provider'],
    found: ({ claims, provider }) =>
      provider?.config.roles.map(({ claim }) => `${claim} ${shown(claims, claim)}`).join(', ') ||
      'no claim gives roles',
    run: ({ claims, provider }) => rolesOf(claims, provider.config, impliedRoles({})),
  },
  {
    check: 'principal',
    needs: ['token', 'provider'],
    found: ({ claims, provider }) =>
      ['sub', ...teamsClaims(provider)].map((name) => `${name} ${shown(claims, name)}`).join(', '),
    run: (context) => {
      const { claims, provider, token, purpose } = context;
      const kind = likelyKind(context);
      // Times and audience have their own checks; this one is about the principal.
      const times = { issuedAt: 0, expiresAt: 0 };
      const without = Object.fromEntries(
        Object.entries(claims).filter(([name]) => !roleClaims(provider).has(name)),
      );
      principalOf(
        {
          token: { ...token, claims: without },
          provider,
          kind,
          times,
          audience: purpose.kind,
        },
        { implied: impliedRoles({}), links: new Map() },
      );
    },
  },
];

function foundTime(name: 'exp' | 'nbf' | 'iat'): CheckStep['found'] {
  return ({ claims, now = 0 }) => `${name} ${shownTime(claims, name)}, now ${toTimestamp(now)}`;
}

/** Checks one of the times alone; the others are replaced with valid ones. */
function checkOneTime(
  context: Pick<CheckContext, 'claims' | 'now'> & { provider?: Provider },
  name: 'exp' | 'nbf' | 'iat',
  maxAgeMs: number | null = null,
): void {
  const { claims, now, provider } = context;
  const well = name === 'exp' ? {} : { exp: Math.ceil(now / 1_000) + 3_600 };
  const given = Object.hasOwn(claims, name) ? { [name]: claims[name] } : {};
  checkTimes(
    { ...well, ...given },
    {
      now,
      maxAgeMs,
      toleranceMs: provider?.config.clockToleranceMs ?? USUAL_TOLERANCE_MS,
    },
  );
}

/**
 * The kind of principal; if that check itself fails, the kind that the issuer is configured for.
 */
function likelyKind({ claims, provider, purpose }: CheckContext): 'person' | 'workload' {
  try {
    return checkKind(claims, provider, purpose);
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return provider.config.use.includes('people') ? 'person' : 'workload';
  }
}

function teamsClaims(provider: Provider | undefined): readonly string[] {
  const names = provider?.config.teams;
  return names ? [names.tenantClaim, names.objectIdClaim] : [];
}

function roleClaims(provider: Provider): ReadonlySet<string> {
  return new Set(provider.config.roles.map(({ claim }) => claim));
}

/** A claim for a report, shortened. */
export function shown(claims: JsonObject, name: string): string {
  const value = own(claims, name);
  if (value === undefined) return 'is missing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function shownTime(claims: JsonObject, name: string): string {
  const seconds = own(claims, name);
  const readable = typeof seconds === 'number' && Math.abs(seconds) < 8e12;
  return readable ? toTimestamp(seconds * 1_000) : shown(claims, name);
}
