/** Calls the local provider's token endpoint, as Teams, the CLI and pipelines do. */
import type { Json } from '../world.ts';

/** A token request (RFC 6749 section 3.2) with HTTP basic client authentication. */
export interface TokenRequest {
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly form: Readonly<Record<string, string>>;
}

/** The access token; throws with the provider's error code and message. */
export async function requestToken(request: TokenRequest): Promise<string> {
  const { clientId, clientSecret } = request;
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  const response = await fetch(request.endpoint, {
    method: 'POST',
    redirect: 'error',
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    body: new URLSearchParams(request.form),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as Json;
  if (response.ok && typeof answer.access_token === 'string') return answer.access_token;
  throw new Error(`${String(answer.error)}: ${String(answer.error_description)}`);
}
