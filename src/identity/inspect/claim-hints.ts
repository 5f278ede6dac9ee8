import type { IssuerConfig } from '../../config/config.ts';
import { isClaimValue, isTextList } from '../../domain/people/claim-value.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { OFF_PATH, roleValues, valueAtPath } from '../tokens/role-claim.ts';
import type { RoleShape, RoleSource } from '../tokens/role-claim.ts';

const MAX_VALUES = 200;

/**
 * What to write where role claims are in the token in another shape than the configured one, which
 * refuses the token or gives no role in silence. Undefined where nothing is odd.
 */
export function roleHints(claims: JsonObject, { roles }: IssuerConfig): string | undefined {
  return joined(roles.map((source) => roleHint(claims, source)));
}

/** Which claims for rules are there in a shape that rules cannot read. */
export function ruleClaimHints(claims: JsonObject, { claims: names }: IssuerConfig) {
  return joined(
    names.map((name) => {
      const value = own(claims, name);
      if (value === undefined || isClaimValue(value)) return undefined;
      return `${name} is ${kindOf(value)}: rules do not see it; have the provider write a text`;
    }),
  );
}

function joined(hints: readonly (string | undefined)[]): string | undefined {
  return hints.filter((hint) => hint !== undefined).join('. ') || undefined;
}

function roleHint(claims: JsonObject, source: RoleSource): string | undefined {
  const value = valueAtPath(claims, source);
  if (value === undefined || value === null) return elsewhere(claims, source);
  const { claim, shape = 'list' } = source;
  const better = betterShape(value, source);
  if (better !== undefined && better !== shape) {
    return `${claim} is ${kindOf(value)}: write shape: ${better}`;
  }
  const around = better === undefined && isJsonObject(value) ? listIn(value) : undefined;
  if (around === undefined) return undefined;
  return `${claim} is an object around a list: write ${pathText([...pathOf(source), around])}`;
}

/** The claim under the same name, nested where it is meant flat or the other way round. */
function elsewhere(claims: JsonObject, source: RoleSource): string | undefined {
  const { claim, path } = source;
  const flat = path !== undefined && own(claims, claim) !== undefined;
  if (flat) return `${claim} is one name with a dot: write ${pathText([claim])}`;
  const names = claim.split('.');
  if (path !== undefined || names.length === 1) return undefined;
  const nested = valueAtPath(claims, { claim, path: names });
  if (nested === undefined || nested === OFF_PATH) return undefined;
  return `${claim} is nested: write ${pathText(names)}`;
}

/** The shape that the value has; undefined where no shape reads it. */
function betterShape(value: unknown, source: RoleSource): RoleShape | undefined {
  if (Array.isArray(value)) return 'list';
  if (isJsonObject(value)) return reads(value, 'keys') ? 'keys' : undefined;
  if (typeof value !== 'string') return undefined;
  const { map, shape = 'list' } = source;
  if (map !== null && Object.hasOwn(map, value)) return 'list';
  if (value.startsWith('[') && reads(value, 'json')) return 'json';
  if (value.includes(',')) return 'commas';
  if (value.includes(' ')) return shape === 'commas' ? 'commas' : 'blanks';
  // One role alone: each shape of texts reads it.
  return shape === 'keys' || shape === 'json' ? 'list' : shape;
}

function reads(value: unknown, shape: RoleShape): boolean {
  try {
    return roleValues({ value }, { claim: 'value', shape, map: null }).length > 0;
  } catch (error) {
    if (error instanceof IdentityError) return false;
    throw error;
  }
}

function listIn(value: JsonObject): string | undefined {
  return Object.keys(value).find((name) => isTextList(own(value, name), MAX_VALUES));
}

function pathOf({ claim, path = [claim] }: RoleSource): readonly string[] {
  return path;
}

function pathText(names: readonly string[]): string {
  const text = names.map((name) => (/^[\w-]+$/.test(name) ? name : `'${name}'`)).join(', ');
  return `path: [${text}]`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    return isTextList(value, MAX_VALUES) ? 'a list' : 'a list of other values than texts';
  }
  return { object: 'an object', string: 'one text' }[typeof value as string] ?? `a ${typeof value}`;
}
