import type { IncomingMessage } from 'node:http';
import type { Principal } from '../domain/people/principal.ts';
import type { TokenProof } from '../usecases/ports/identity.ts';
import { HttpProblem } from './problem.ts';
import type { RouteDeps } from './route.ts';

const AUTHORIZATION = /^(Bearer|DPoP) +([A-Za-z0-9._~+/-]+=*)$/i;

/** The token of a request, with its proof when the scheme is DPoP (RFC 9449 §7.1). */
export interface Presented {
  readonly token: string;
  readonly proof: TokenProof | undefined;
}

/**
 * The token of the Authorization header (RFC 6750 §2.1), never of body or query.
 *
 * @throws HttpProblem `token_missing`, `header_invalid`.
 */
export function presentedToken(req: IncomingMessage, publicUrl: string): Presented {
  const header = req.headers.authorization;
  const [, scheme = '', token] = header === undefined ? [] : (AUTHORIZATION.exec(header) ?? []);
  if (token === undefined) {
    throw new HttpProblem('token_missing', 'Send Authorization: Bearer with a token.');
  }
  const bound = scheme.toLowerCase() === 'dpop';
  return { token, proof: bound ? proofOf(req, publicUrl) : undefined };
}

/** The principal who calls. @throws HttpProblem, IdentityError. */
export function callerOf(
  { identity, config }: Pick<RouteDeps, 'identity' | 'config'>,
  req: IncomingMessage,
): Promise<Principal> {
  const { token, proof } = presentedToken(req, config.server.publicUrl);
  return identity.verifyBearer(token, proof);
}

/** The DPoP proof, with method and public address of the call that it must be for. */
function proofOf(req: IncomingMessage, publicUrl: string): TokenProof {
  const proofs = req.headersDistinct.dpop ?? [];
  const [proof] = proofs;
  if (proof === undefined || proofs.length > 1) {
    throw new HttpProblem('header_invalid', 'Send one DPoP header with a proof for this call.');
  }
  const path = (req.url ?? '/').split(/[?#]/, 1)[0] ?? '/';
  return { proof, method: req.method ?? '', url: `${publicUrl}${path}` };
}
