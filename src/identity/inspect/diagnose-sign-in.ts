import * as oidc from 'openid-client';
import { describeError } from '../../lib/logger.ts';
import { networkAdvice } from '../../net/failure-advice.ts';
import type { Findings } from './finding.ts';
import type { IdentityParts } from '../providers.ts';
import { clientConfiguration } from '../sign-in/sign-in-client.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/**
 * Checks the sign-in button's provider: its endpoints, PKCE, and the client's secret. Sends an
 * invalid code: `invalid_grant` shows that the client was accepted, `invalid_client` that it was
 * not.
 */
export async function diagnoseSignIn(
  findings: Findings,
  given: { name: string; document: JsonObject; parts: IdentityParts },
): Promise<void> {
  const { document, parts } = given;
  const { signIn, tenantId } = parts.config.teams;
  const issuer = parts.config.identity.issuers.find(({ id }) => id === signIn?.issuer);
  if (signIn === null || issuer === undefined || given.name !== `issuer ${issuer.id}`) return;
  for (const name of ['authorization_endpoint', 'token_endpoint'] as const) {
    const address = own(document, name);
    if (typeof address === 'string' && URL.canParse(address)) findings.ok(name, address);
    else {
      findings.fail(name, 'is missing', 'this provider cannot serve teams.signIn: name another');
      return;
    }
  }
  const methods = own(document, 'code_challenge_methods_supported');
  if (Array.isArray(methods) && methods.includes('S256')) findings.ok('pkce', 'S256');
  else {
    findings.warn(
      'pkce',
      'the provider does not list S256',
      'S256 is sent anyway (Entra checks it without listing it); ask the provider',
    );
  }
  checkMethod(findings, signIn.clientAuth ?? null, document);
  await trySecret(findings, {
    client: () => clientConfiguration({ ...parts, signIn }, { document, tenantId }),
    redirectUri: `${parts.config.server.publicUrl}/auth/callback`,
  });
}

const METHODS = {
  basic: 'client_secret_basic',
  post: 'client_secret_post',
  private_key_jwt: 'private_key_jwt',
} as const;

/** Whether the provider lists the configured way of authentication (RFC 8414 2). */
function checkMethod(
  findings: Findings,
  clientAuth: keyof typeof METHODS | null,
  document: JsonObject,
): void {
  const listed = own(document, 'token_endpoint_auth_methods_supported');
  if (clientAuth === null || !Array.isArray(listed)) return;
  const method = METHODS[clientAuth];
  if (listed.includes(method)) findings.ok('client authentication', method);
  else {
    findings.warn(
      'client authentication',
      `the provider does not list ${method}, but ${listed.join(', ')}`,
      'set teams.signIn.clientAuth to a way that it lists',
    );
  }
}

async function trySecret(
  findings: Findings,
  { client, redirectUri }: { client: () => oidc.Configuration; redirectUri: string },
): Promise<void> {
  const secret = 'teams.signIn.clientId and its secret or key';
  try {
    await oidc.genericGrantRequest(client(), 'authorization_code', {
      code: 'countersign-doctor',
      redirect_uri: redirectUri,
      code_verifier: 'countersign-doctor-countersign-doctor-countersign',
    });
    findings.warn('token endpoint', 'an invalid code is accepted', 'do not use this provider');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'invalid_grant') findings.ok('token endpoint', 'the client is accepted');
    else if (code === 'invalid_client' || code === 'unauthorized_client') {
      findings.fail('token endpoint', code, `check ${secret} (a secret may have expired)`);
    } else if (code !== undefined) {
      findings.warn(
        'token endpoint',
        `${code}: ${describeError(error).slice(0, 200)}`,
        `check ${secret}, and that the redirect URI <publicUrl>/auth/callback is registered`,
      );
    } else {
      findings.fail(
        'token endpoint',
        describeError(error).slice(0, 200),
        networkAdvice(error) ?? 'the token endpoint must answer as RFC 6749 says: ask the provider',
      );
    }
  }
}

/**
 * The provider's error code; an authentication challenge means that it refused the client (RFC 6749
 * 5.2).
 */
function codeOf(error: unknown): string | undefined {
  if (error instanceof oidc.WWWAuthenticateChallengeError) return 'invalid_client';
  return error instanceof oidc.ResponseBodyError ? error.error : undefined;
}
