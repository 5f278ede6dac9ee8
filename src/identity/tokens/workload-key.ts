import type { IssuerConfig } from '../../config/config.ts';
import type { PrincipalKind } from '../../domain/people/principal.ts';
import { sha256 } from '../../lib/hash.ts';
import { identityError } from '../codes.ts';
import { actorKey } from './links.ts';
import { requiredText } from './registered-claims.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** The longest key that stores accept; a branch name may be longer. */
const MAX_KEY = 300;
const DIGEST = 'sha256:';
/** GitHub's `sub`, with ids (repositories created since 2026-07) or without. */
const GITHUB_REPOSITORY = /^repo:([^/:@]+)(?:@(\d+))?\/([^/:@]+)(?:@(\d+))?(?=:|$)/;

/**
 * The key of a pipeline: the ids of repository and owner, then its subject. Ids are needed because
 * a repository name can be taken over. Both forms of GitHub's subject give the same key.
 *
 * @throws IdentityError where a claim is missing, or subject and ids disagree.
 */
export function workloadKey(claims: JsonObject, issuer: IssuerConfig, subject: string): string {
  const ids = (issuer.keyClaims ?? []).map((name) => {
    const id = idClaim(claims, name);
    if (id === null) throw identityError('token_claim_missing', { about: name });
    return id;
  });
  const about = withoutIds(subject, claims);
  const key = [issuer.id, ...ids, about].join('|');
  // A subject that looks like a digest is hashed too, so that it never meets one.
  if (key.length <= MAX_KEY && !about.startsWith(DIGEST)) return key;
  return [issuer.id, ...ids, `${DIGEST}${sha256(about)}`].join('|');
}

/**
 * The key of the human who started a workload; null where the issuer names none. If the configured
 * claim is missing, the token is refused: that human could otherwise approve their own request.
 *
 * @throws IdentityError `token_claim_missing`, `token_claim_invalid`.
 */
export function actorOf(
  claims: JsonObject,
  issuer: IssuerConfig,
  kind: PrincipalKind,
): string | null {
  if (kind !== 'workload' || issuer.actorClaim === undefined) return null;
  const actor = idClaim(claims, issuer.actorClaim);
  if (actor === null) throw identityError('token_claim_missing', { about: issuer.actorClaim });
  return actorKey(issuer.id, actor);
}

/**
 * Whether a run was started again. Its token still names who started the first attempt (GitHub).
 * Only the number 1 proves a first attempt; a claim that is missing or odd proves nothing.
 */
export function isRerun(
  claims: JsonObject,
  { attemptClaim }: Pick<IssuerConfig, 'attemptClaim'>,
): boolean {
  if (attemptClaim === undefined) return false;
  const attempt = own(claims, attemptClaim);
  return attempt !== '1' && attempt !== 1;
}

/** An id: a string, or an integer as some providers write it. */
function idClaim(claims: JsonObject, name: string): string | null {
  const value = own(claims, name);
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  const text = requiredText(claims, name);
  if (text.includes('|')) throw identityError('token_claim_invalid', { about: name });
  return text;
}

function withoutIds(subject: string, claims: JsonObject): string {
  const found = GITHUB_REPOSITORY.exec(subject);
  if (found === null) return subject;
  const [whole, owner, ownerId, repository, repositoryId] = found;
  for (const [claim, id] of [
    ['repository_owner_id', ownerId],
    ['repository_id', repositoryId],
  ] as const) {
    if (id !== undefined && idClaim(claims, claim) !== id) {
      throw identityError('token_claim_invalid', { about: `sub, ${claim}` });
    }
  }
  return `repo:${owner ?? ''}/${repository ?? ''}${subject.slice(whole.length)}`;
}
