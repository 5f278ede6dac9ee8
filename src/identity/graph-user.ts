import type { ClaimValue } from '../domain/people/principal.ts';
import { GraphError } from './graph-client.ts';
import type { GraphWay } from './group-lookup.ts';
import { isClaimValue } from './tokens/roles.ts';
import { isJsonObject, own } from '../lib/strict-json.ts';
import type { JsonObject } from '../lib/strict-json.ts';

interface Asked {
  readonly objectId: string;
  readonly token: string;
  readonly signal: AbortSignal;
}

/**
 * Reads properties of a user, by name (`a.b` is `b` inside `a`). Undefined for a disabled or
 * deleted account. Null for a property that is empty; a missing one, or one of an unsupported
 * shape, is left out.
 */
export async function userAtGraph(
  { client }: GraphWay,
  asked: Asked & { properties: readonly string[] },
): Promise<ReadonlyMap<string, ClaimValue | null> | undefined> {
  const { objectId, token, signal, properties } = asked;
  const select = [
    ...new Set(['id', 'accountEnabled', ...properties.map((name) => name.split('.')[0] ?? name)]),
  ].join(',');
  let user: JsonObject;
  try {
    user = await client.one({ path: `/users/${objectId}?$select=${select}`, token, signal });
  } catch (error) {
    if (error instanceof GraphError && error.status === 404) return undefined;
    throw error;
  }
  if (own(user, 'accountEnabled') !== true) return undefined;
  const found = new Map<string, ClaimValue | null>();
  for (const name of properties) {
    const value = inside(user, name);
    if (value === null || isClaimValue(value)) found.set(name, value);
  }
  return found;
}

function inside(user: JsonObject, name: string): unknown {
  const [outer = '', inner] = name.split('.');
  const value = own(user, outer);
  if (inner === undefined || value === null) return value;
  return isJsonObject(value) ? own(value, inner) : undefined;
}

/** The values of the app roles assigned to the person, directly or through a group. */
export async function appRolesAtGraph(
  { client }: GraphWay,
  asked: Asked & { appId: string },
): Promise<readonly string[]> {
  const { objectId, token, signal, appId } = asked;
  const application = await client.one({
    path: `/servicePrincipals(appId='${appId}')?$select=id,appRoles`,
    token,
    signal,
  });
  const resource = String(own(application, 'id'));
  const defined = own(application, 'appRoles');
  const values = new Map<unknown, unknown>(
    (Array.isArray(defined) ? defined : [])
      .filter(isJsonObject)
      .filter((role) => own(role, 'isEnabled') !== false)
      .map((role) => [own(role, 'id'), own(role, 'value')]),
  );
  const filter = encodeURIComponent(`resourceId eq ${resource}`);
  const assigned = await client.all({
    path: `/users/${objectId}/appRoleAssignments?$filter=${filter}`,
    token,
    signal,
  });
  return assigned
    .filter(isJsonObject)
    .filter((one) => own(one, 'resourceId') === resource)
    .map((one) => values.get(own(one, 'appRoleId')))
    .filter((value) => typeof value === 'string');
}
