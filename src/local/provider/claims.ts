/** The claims of the local provider's tokens, shaped as Entra ID's v2.0 tokens are. */
import { sha256 } from '../../lib/hash.ts';
import type { Pipeline } from '../people.ts';
import type { Json, Person } from '../world.ts';
import { teamsClientId } from './clients.ts';

/** How long access tokens hold, in seconds. */
export const accessTokenSeconds = 3_600;

/** How `sub` is made: the same for all applications, or another one for each. */
export type Subjects = 'shared' | 'per-application';

/**
 * A person's `sub`. Entra ID gives each application another one, so that there only `tid` and `oid`
 * together say who somebody is; most other providers give all the same.
 */
export function subjectOf(subjects: Subjects, oid: string, audience: string): string {
  return sha256(subjects === 'shared' ? oid : `${oid} ${audience}`);
}

/** What every token of a person says; `roles` is absent without any, as it is at Entra ID. */
export function personClaims(person: Person): Json {
  return {
    oid: person.oid,
    tid: person.tid,
    name: person.name,
    preferred_username: `${person.id}@contoso.example`,
    department: person.department,
    ...(person.roles.length === 0 ? {} : { roles: [...person.roles] }),
    ver: '2.0',
  };
}

/** What every access token has: times by the injected clock, and an id under both of its names. */
export interface AccessTokenFrame {
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string;
  readonly tokenId: string;
  readonly nowMs: number;
  readonly subjects: Subjects;
}

/** Claims of an access token for a person, got by Teams or by the person's CLI. */
export function personAccessToken(frame: AccessTokenFrame, person: Person): Json {
  return {
    ...frameClaims(frame),
    sub: subjectOf(frame.subjects, person.oid, frame.audience),
    scp: 'access_as_user',
    azpacr: frame.clientId === teamsClientId ? '0' : '1',
    ...personClaims(person),
  };
}

/** Claims of an access token for a workload: Entra ID's application token with a job's claims. */
export function workloadAccessToken(frame: AccessTokenFrame, pipeline: Pipeline): Json {
  return {
    ...pipeline.claims,
    ...frameClaims(frame),
    sub: pipeline.clientId,
    idtyp: 'app',
    azpacr: '1',
    ...(pipeline.roles.length === 0 ? {} : { roles: [...pipeline.roles] }),
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
