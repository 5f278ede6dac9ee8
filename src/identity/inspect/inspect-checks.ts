import { toTimestamp } from '../../lib/clock.ts';
import { IdentityError } from '../../usecases/ports/ports.ts';
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

/** Where no issuer is known whose tolerance it is. */
const USUAL_TOLERANCE_MS = 30_000;

/** The checks, in the order in which they are told. */
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

/** One check on its own. */
export interface CheckStep {
  readonly check: CheckName;
  readonly needs: readonly ('token' | 'provider')[];
  /** What it looked at, in words. */
  found(context: Partial<CheckContext> & { claims: JsonObject }): string;
  /** @throws IdentityError where it fails. */
  run(context: CheckContext): unknown;
}

/** What rests on the header and the provider's keys. */
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

/** What the claims say; each is told whatever the others say. */
export const CLAIM_CHECKS: readonly CheckStep[] = [
  {
    check: 'tenant',
    needs: ['provider'],
    found: ({ claims, provider }) =>
      provider?.config.kind === 'entra'
        ? `tid ${told(claims, 'tid')}`
        : 'this issuer has no tenants',
    run: ({ claims, provider }) => {
      const iss = own(claims, 'iss');
      return checkTenant(claims, provider, typeof iss === 'string' ? iss : '');
    },
  },
  {
    check: 'audience',
    needs: ['provider'],
    found: ({ claims, provider, purpose }) => {
      const expected = provider && purpose ? [...audiencesOf(purpose, provider)].join(' or ') : '';
      return `aud ${told(claims, 'aud')}, expected ${expected}`;
    },
    run: ({ claims, provider, purpose }) => checkAudience(claims, audiencesOf(purpose, provider)),
  },
  {
    check: 'expiry',
    needs: [],
    found: foundTime('exp'),
    run: (context) => judgeTime(context, 'exp'),
  },
  {
    check: 'not-before',
    needs: [],
    found: foundTime('nbf'),
    run: (context) => judgeTime(context, 'nbf'),
  },
  {
    check: 'issued-at',
    needs: [],
    found: foundTime('iat'),
    run: (context) => judgeTime(context, 'iat'),
  },
  {
    check: 'age',
    needs: ['provider'],
    found: foundTime('iat'),
    run: (context) => judgeTime(context, 'iat', context.provider.config.maxAgeMs),
  },
  {
    check: 'kind',
    needs: ['provider'],
    found: ({ claims, provider }) =>
      `used for ${provider?.config.use.join(' and ')}; ` +
      ['idtyp', 'scp', 'gty', 'nonce'].map((name) => `${name} ${told(claims, name)}`).join(', '),
    run: ({ claims, provider, purpose }) => checkKind(claims, provider, purpose),
  },
  {
    check: 'roles',
    needs: ['provider'],
    found: ({ claims, provider }) =>
      provider?.config.roles.map(({ claim }) => `${claim} ${told(claims, claim)}`).join(', ') ||
      'no claim gives roles',
    run: ({ claims, provider }) => rolesOf(claims, provider.config, impliedRoles({})),
  },
  {
    check: 'principal',
    needs: ['token', 'provider'],
    found: ({ claims, provider }) =>
      ['sub', ...teamsClaims(provider)].map((name) => `${name} ${told(claims, name)}`).join(', '),
    run: (context) => {
      const { claims, provider, token, purpose } = context;
      const kind = likelyKind(context);
      // Times and audience have checks of their own; here it is who the token speaks for.
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
  return ({ claims, now = 0 }) => `${name} ${toldTime(claims, name)}, now ${toTimestamp(now)}`;
}

/** Judges one of the times alone; the others stand as if they were well. */
function judgeTime(
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

/** Whom the token speaks for; where that itself is what fails, whom the issuer is there for. */
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

/** A claim as a sentence may show it. */
export function told(claims: JsonObject, name: string): string {
  const value = own(claims, name);
  if (value === undefined) return 'is missing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function toldTime(claims: JsonObject, name: string): string {
  const seconds = own(claims, name);
  const shown = typeof seconds === 'number' && Math.abs(seconds) < 8e12;
  return shown ? toTimestamp(seconds * 1_000) : told(claims, name);
}
