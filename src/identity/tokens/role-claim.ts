import type { IssuerConfig } from '../../config/config.ts';
import { isTextList } from '../../domain/people/claim-value.ts';
import { identityError } from '../codes.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { scanJson } from '../../lib/scan-json.ts';

/** Longer claims are refused, not cut: the rest could matter. */
const MAX_VALUES = 200;

/** A claim that gives roles, and how it is written. */
export type RoleSource = IssuerConfig['roles'][number];
export type RoleShape = NonNullable<RoleSource['shape']>;

/** The values in a role claim's shape; undefined for a value of another shape. */
const READ: Readonly<
  Record<RoleShape, (value: unknown, source: RoleSource) => unknown[] | undefined>
> = {
  list: (value) => (Array.isArray(value) ? value : typeof value === 'string' ? [value] : undefined),
  keys: (value, { organizations }) => {
    if (!isJsonObject(value)) return undefined;
    const given = Object.keys(value).map((key) => ({
      key,
      held: isHeld(own(value, key), organizations),
    }));
    if (given.some(({ held }) => held === undefined)) return undefined;
    // The limit is for all keys: the rest could matter.
    return given.length > MAX_VALUES
      ? undefined
      : given.filter(({ held }) => held).map(({ key }) => key);
  },
  blanks: (value) => (typeof value === 'string' ? value.split(' ') : undefined),
  commas: (value) =>
    typeof value === 'string'
      ? value.split(',').map((one) => one.replace(/^ +| +$/g, ''))
      : undefined,
  json: (value) => (typeof value === 'string' ? jsonList(value) : undefined),
};

/**
 * The values of a role claim in the configured shape. Null, here or on the path, is like a missing
 * claim.
 *
 * @throws IdentityError `token_claim_invalid` for any other shape, and for more than 200 values.
 */
export function roleValues(claims: JsonObject, source: RoleSource): readonly string[] {
  const value = valueAtPath(claims, source) ?? undefined;
  if (value === undefined) return [];
  if (value === OFF_PATH) throw identityError('token_claim_invalid', { about: source.claim });
  const values = READ[source.shape ?? 'list'](value, source)?.filter((one) => one !== '');
  if (isTextList(values, MAX_VALUES)) return values;
  throw identityError('token_claim_invalid', { about: source.claim });
}

/** Stands for a path that leads through a value without members, such as a text. */
export const OFF_PATH = Symbol('no object on the path');

/** The value at the source's path; undefined where it is missing, OFF_PATH where none can be. */
export function valueAtPath(
  claims: JsonObject,
  { claim, path = [claim] }: Pick<RoleSource, 'claim' | 'path'>,
): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (value === null) return undefined;
    if (!isJsonObject(value)) return OFF_PATH;
    value = own(value, name);
    if (value === undefined) return undefined;
  }
  return value;
}

/**
 * Whether the value under a key says that the role is held: `true`, or an object with a member, as
 * Zitadel names the organizations that granted it. Undefined for a value that says neither.
 */
function isHeld(value: unknown, organizations: RoleSource['organizations']): boolean | undefined {
  if (value === null || value === false) return false;
  if (value === true) return organizations === undefined;
  if (!isJsonObject(value)) return undefined;
  if (organizations === undefined) return Object.keys(value).length > 0;
  return organizations.some((id) => Object.hasOwn(value, id));
}

function jsonList(text: string): unknown[] | undefined {
  if (text === '') return [];
  if (scanJson(text, 1) !== undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
