/** The claims of the local provider's tokens, in the form of Entra ID's v2.0 tokens. */
import { sha256 } from '../../lib/hash.ts';
import { demoPipeline } from '../people.ts';
import type { Json, Person } from '../world.ts';
import { teamsClientId } from './clients.ts';

/** Lifetime of access tokens, in seconds. */
export const accessTokenSeconds = 3_600;

/**
 * `shared` (default): one `sub` of a person for all clients, as at most providers;
 * `per-application`: another one for each audience, as at Entra ID.
 */
export type Subjects = 'shared' | 'per-application';

/** The `sub` of a person. Only `tid` and `oid` together identify a person everywhere. */
export function subjectOf(subjects: Subjects, oid: string, audience: string): string {
  return sha256(subjects === 'shared' ? oid : `${oid} ${audience}`);
}

/** The claims of every token of a person; without roles there is no `roles`, as at Entra ID. */
export function personClaims(person: Person): Json {
  return {
    ...person.claims,
    oid: person.oid,
    tid: person.tid,
    name: person.name,
    preferred_username: `${person.id}@contoso.example`,
    ...(person.department === '' ? {} : { department: person.department }),
    ...(person.roles.length === 0 ? {} : { roles: [...person.roles] }),
    ver: '2.0',
  };
}

/** The claims of every access token: times by the injected clock, and an id as `jti` and `uti`. */
export interface AccessTokenFrame {
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string;
  readonly tokenId: string;
  readonly nowMs: number;
  readonly subjects: Subjects;
}

/** Claims of an access token for a person, for Teams or the person's CLI. */
export function personAccessToken(frame: AccessTokenFrame, person: Person): Json {
  return {
    ...frameClaims(frame),
    sub: subjectOf(frame.subjects, person.oid, frame.audience),
    scp: 'access_as_user',
    azpacr: frame.clientId === teamsClientId ? '0' : '1',
    ...personClaims(person),
  };
}

/** Claims of the demo pipeline's access token: Entra ID's application token with a job's claims. */
export function workloadAccessToken(frame: AccessTokenFrame, pipeline: Json): Json {
  return {
    ...demoPipeline.claims,
    ...pipeline,
    ...frameClaims(frame),
    sub: frame.clientId,
    idtyp: 'app',
    azpacr: '1',
    roles: demoPipeline.roles,
    ver: '2.0',
  };
}

function frameClaims(frame: AccessTokenFrame): Json {
  const issuedAt = Math.floor(frame.nowMs / 1_000);
  return {
    iss: frame.issuer,
    aud: frame.audience,
    azp: frame.clientId,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + accessTokenSeconds,
    jti: frame.tokenId,
    uti: frame.tokenId,
  };
}
