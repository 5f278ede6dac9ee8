import type { PrincipalKind } from '../../domain/people/principal.ts';
import { toTimestamp } from '../../lib/clock.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import type { CompactToken } from '../tokens/compact.ts';
import { impliedRoles, rolesOf } from '../tokens/roles.ts';
import { OFF_PATH, valueAtPath } from '../tokens/role-claim.ts';
import type { RoleSource } from '../tokens/role-claim.ts';
import { roleHints, ruleClaimHints } from './claim-hints.ts';
import { principalOf } from '../tokens/principal.ts';
import type { Provider } from '../providers.ts';
import { checkAudience } from '../tokens/audience.ts';
import { checkTimes } from '../tokens/registered-claims.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import {
  audiencesOf,
  checkAlgorithm,
  checkKeyIssuer,
  checkKind,
  checkTenant,
  checkSignature,
  checkType,
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
  | 'claims'
  | 'principal'
  | 'agents'
  | 'groups'
  | 'binding'
  | 'single-sign-on';

/** What a check gets; token and provider only where it needs them. */
export interface CheckContext {
  readonly purpose: Purpose;
  readonly now: number;
  readonly claims: JsonObject;
  readonly token: CompactToken;
  readonly provider: Provider;
}

/** One check. */
export interface CheckStep {
  readonly check: CheckName;
  readonly needs: readonly ('token' | 'provider')[];
  /** The compared values, in words. */
  found(context: CheckContext): string;
  /** @throws IdentityError where it fails. */
  run(context: CheckContext): unknown;
  /** What to change although it may pass: a claim that is there in another shape. */
  hint?(context: CheckContext): string | undefined;
}

/** The checks of header, keys and claims; each runs independently of the others. */
export const CHECKS: readonly CheckStep[] = [
  {
    check: 'type',
    needs: ['token'],
    found: ({ token }) => `typ ${token.typ ?? 'is missing'}`,
    run: ({ token, purpose }) => checkType(token, purpose),
  },
  {
    check: 'algorithm',
    needs: ['token', 'provider'],
    found: ({ token, provider }) =>
      `alg ${token.alg}, allowed ${[...provider.algorithms].join(', ')}`,
    run: ({ token, provider }) => checkAlgorithm(token, provider),
  },
  {
    check: 'key',
    needs: ['token', 'provider'],
    found: ({ token }) =>
      token.kid === null ? `kid is missing; the one key for ${token.alg}` : `kid ${token.kid}`,
    run: async ({ token, provider, claims }) =>
      checkKeyIssuer(await provider.keys.find(token), claims),
  },
  {
    check: 'signature',
    needs: ['token', 'provider'],
    found: () => 'header and payload under that key',
    run: async ({ token, provider }) => {
      checkAlgorithm(token, provider);
      await checkSignature(token, provider);
    },
  },
  {
    check: 'tenant',
    needs: ['provider'],
    found: ({ claims, provider }) =>
      provider.config.kind === 'entra'
        ? `tid ${shown(claims, 'tid')}`
        : 'this issuer has no tenants',
    run: ({ claims, provider }) => checkTenant(claims, provider),
  },
  {
    check: 'audience',
    needs: ['provider'],
    found: ({ claims, provider, purpose }) => {
      const { accepted, byClient = false } = audiencesOf(purpose, provider);
      const client = byClient ? `, client_id ${shown(claims, 'client_id')}` : '';
      return `aud ${shown(claims, 'aud')}${client}, expected ${[...accepted].join(' or ')}`;
    },
    run: ({ claims, provider, purpose }) => checkAudience(claims, audiencesOf(purpose, provider)),
  },
  timeCheck('expiry', 'exp'),
  timeCheck('not-before', 'nbf'),
  timeCheck('issued-at', 'iat'),
  timeCheck('age', 'iat'),
  {
    check: 'kind',
    needs: ['provider'],
    found: ({ claims, provider }) =>
      `used for ${provider.config.use.join(' and ')}; ` +
      ['idtyp', 'scp', 'gty', 'nonce', 'xms_sub_fct', 'xms_act_fct']
        .map((name) => `${name} ${shown(claims, name)}`)
        .join(', '),
    run: ({ claims, provider, purpose }) => checkKind(claims, provider, purpose),
  },
  {
    check: 'roles',
    needs: ['provider'],
    found: ({ claims, provider }) =>
      provider.config.roles.map((source) => shownRole(claims, source)).join(', ') ||
      'no claim gives roles',
    run: ({ claims, provider }) => rolesOf(claims, provider.config, impliedRoles({})),
    hint: ({ claims, provider }) => roleHints(claims, provider.config),
  },
  {
    check: 'claims',
    needs: ['provider'],
    found: ({ claims, provider }) =>
      provider.config.claims.map((name) => `${name} ${shown(claims, name)}`).join(', ') ||
      'no claims for rules',
    run: () => undefined,
    hint: ({ claims, provider }) => ruleClaimHints(claims, provider.config),
  },
  {
    check: 'principal',
    needs: ['token', 'provider'],
    found: ({ claims, provider }) =>
      ['sub', ...teamsClaims(provider)].map((name) => `${name} ${shown(claims, name)}`).join(', '),
    run: (context) => {
      const { claims, provider, token, purpose } = context;
      const roles = new Set(provider.config.roles.map(({ claim, path = [claim] }) => path[0]));
      const others = Object.entries(claims).filter(([name]) => !roles.has(name));
      // Roles, times and audience have their own checks; this one is about the principal.
      const checked = {
        token: { ...token, claims: Object.fromEntries(others) },
        provider,
        kind: likelyKind(context),
        agent: false,
        times: { issuedAt: 0, expiresAt: 0 },
        audience: purpose.kind,
      };
      principalOf(checked, { implied: impliedRoles({}), links: new Map() });
    },
  },
];

/** A check of one of the times alone; the others are replaced with valid ones. */
function timeCheck(
  check: 'expiry' | 'not-before' | 'issued-at' | 'age',
  name: 'exp' | 'nbf' | 'iat',
): CheckStep {
  const isAge = check === 'age';
  return {
    check,
    needs: isAge ? ['provider'] : [],
    found: ({ claims, now }) => `${name} ${shownTime(claims, name)}, now ${toTimestamp(now)}`,
    run({ claims, now, provider }: Omit<CheckContext, 'provider'> & { provider?: Provider }) {
      const well = name === 'exp' ? {} : { exp: Math.ceil(now / 1_000) + 3_600 };
      const given = Object.hasOwn(claims, name) ? { [name]: claims[name] } : {};
      const toleranceMs = provider?.config.clockToleranceMs ?? USUAL_TOLERANCE_MS;
      const maxAgeMs = isAge ? (provider?.config.maxAgeMs ?? null) : null;
      return checkTimes({ ...well, ...given }, { now, maxAgeMs, toleranceMs });
    },
  };
}

/**
 * The kind of principal; if that check itself fails, the kind that the issuer is configured for.
 */
function likelyKind({ claims, provider, purpose }: CheckContext): PrincipalKind {
  try {
    return checkKind(claims, provider, purpose);
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return provider.config.use.includes('people') ? 'person' : 'workload';
  }
}

function teamsClaims({ config: { teams: names } }: Provider): readonly string[] {
  return names ? [names.tenantClaim, names.objectIdClaim] : [];
}

/** A claim for a report, shortened. */
export function shown(claims: JsonObject, name: string): string {
  const value = own(claims, name);
  if (value === undefined) return 'is missing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function shownRole(claims: JsonObject, source: RoleSource): string {
  const value = valueAtPath(claims, source);
  if (value === OFF_PATH) return `${source.claim} is not reached: no object on the path`;
  return `${source.claim} ${shown(value === undefined ? {} : { value }, 'value')}`;
}

function shownTime(claims: JsonObject, name: string): string {
  const seconds = own(claims, name);
  const readable = typeof seconds === 'number' && Math.abs(seconds) < 8e12;
  return readable ? toTimestamp(seconds * 1_000) : shown(claims, name);
}
