import { isClaimValue } from '../domain/people/claim-value.ts';
import type { ClaimValue } from '../domain/people/principal.ts';
import { isJsonObject, own } from '../lib/strict-json.ts';
import type { JsonObject } from '../lib/strict-json.ts';
import type { Directory, DirectoryPerson } from '../usecases/ports/directory.ts';
import { GraphError } from './graph-client.ts';
import type { GraphWay } from './graph-tokens.ts';

/** For one look-up with login, pages and repeats: a click waits for it. */
const LOOKUP_MS = 5_000;

type Question = Parameters<Directory['personNow']>[0];

/** A question on its way: the application's token, and what ends the look-up. */
type Asked = Question & { readonly token: string; readonly signal: AbortSignal };

/**
 * Reads a user, and the app roles if they are asked for. Undefined for a disabled or deleted
 * account.
 */
export async function personAtGraph(
  way: GraphWay,
  question: Question,
): Promise<DirectoryPerson | undefined> {
  const token = await way.tokens.application(question.tenant);
  const asked = { ...question, token, signal: AbortSignal.timeout(LOOKUP_MS) };
  const properties = await propertiesAtGraph(way, asked);
  if (properties === undefined) return undefined;
  return { properties, appRoles: question.appRoles ? await appRolesAtGraph(way, asked) : [] };
}

async function propertiesAtGraph(
  { client }: GraphWay,
  { objectId, token, signal, properties }: Asked,
): Promise<ReadonlyMap<string, ClaimValue | null> | undefined> {
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
async function appRolesAtGraph(
  { client, lookup }: GraphWay,
  { objectId, token, signal }: Asked,
): Promise<readonly string[]> {
  const application = await client.one({
    path: `/servicePrincipals(appId='${lookup.clientId}')?$select=id,appRoles`,
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
