import type { PrincipalKind } from '../../domain/people/principal.ts';
import type { Directory } from '../../usecases/ports/directory.ts';
import { identityError } from '../codes.ts';
import type { Provider } from '../providers.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { requiredText } from './registered-claims.ts';

/** Facets of subject and actor: numbers with spaces between (Entra, "Agent token claims"). */
const FACET_CLAIMS = ['xms_sub_fct', 'xms_act_fct'] as const;
const FACETS = /^(?:0|[1-9]\d{0,8})(?: (?:0|[1-9]\d{0,8}))*$/;
/** 11: an agent identity; 13: an agent's user account. */
const AGENT_FACETS = new Set(['11', '13']);
const KNOWN_TYPES = new Set<unknown>([undefined, 'user', 'app']);

/**
 * Whether a token shows an agent: by a facet of its subject or its actor. A facet of another shape
 * counts as an agent. Tokens of an agent's user account carry `idtyp=user`, as those of people do.
 */
function showsAgent(claims: JsonObject): boolean {
  return (
    !KNOWN_TYPES.has(own(claims, 'idtyp')) || FACET_CLAIMS.some((name) => hasAgent(claims, name))
  );
}

function hasAgent(claims: JsonObject, name: string): boolean {
  const value = own(claims, name);
  if (value === undefined) return false;
  if (typeof value !== 'string' || !FACETS.test(value)) return true;
  return value.split(' ').some((facet) => AGENT_FACETS.has(facet));
}

/**
 * Whether a token is an agent's, as far as its issuer is configured to find out. With `graph`, the
 * directory is asked about people whose token shows none: Entra adds facets only where the
 * registration asks for them.
 *
 * @throws IdentityError `agents_unavailable` where the directory cannot be asked.
 */
export async function isAgent(
  directory: Pick<Directory, 'isAgent'> | undefined,
  given: { claims: JsonObject; provider: Provider; kind: PrincipalKind },
): Promise<boolean> {
  const { claims, provider, kind } = given;
  const { id, agents = 'claims', groupLookup } = provider.config;
  if (agents === 'ignore') return false;
  if (showsAgent(claims)) return true;
  if (agents === 'claims' || kind !== 'person') return false;
  if (groupLookup === undefined || directory === undefined) {
    throw identityError('agents_unavailable');
  }
  const [tenant, objectId] = [requiredText(claims, 'tid'), requiredText(claims, 'oid')];
  try {
    return await directory.isAgent({ issuer: id, tenant, objectId });
  } catch (cause) {
    throw identityError('agents_unavailable', { cause });
  }
}
