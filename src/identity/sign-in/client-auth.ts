import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as oidc from 'openid-client';
import type { Config } from '../../config/config.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

type SignIn = NonNullable<Config['teams']['signIn']>;
type ClientKey = NonNullable<SignIn['clientKey']>;

/**
 * How our client proves itself at the token endpoint (OpenID Connect Core 9). Where the
 * configuration does not say, a secret is sent as the provider lists it, and a public client uses
 * PKCE alone (RFC 9700 2.1.1).
 */
export function clientAuthOf(
  { clientAuth, clientSecret, clientKey }: SignIn,
  { document, entra }: { document: JsonObject; entra: boolean },
): oidc.ClientAuth {
  if (clientAuth === 'private_key_jwt' && clientKey) {
    const audience = clientKey.audience ?? (entra ? 'token_endpoint' : 'issuer');
    return keyAuth(clientKey, audience === 'issuer' ? null : own(document, 'token_endpoint'));
  }
  if (clientSecret === null) return oidc.None();
  const basic = clientAuth ? clientAuth === 'basic' : listsBasic(document);
  return basic ? oidc.ClientSecretBasic(clientSecret) : oidc.ClientSecretPost(clientSecret);
}

/** RFC 8414 2: without a list of methods, client_secret_basic is the default. */
function listsBasic(document: JsonObject): boolean {
  const methods = own(document, 'token_endpoint_auth_methods_supported');
  return !Array.isArray(methods) || methods.includes('client_secret_basic');
}

/**
 * An assertion signed by our key. Entra finds the key by the certificate's thumbprint, and wants the
 * token endpoint as audience; the issuer, as others take it, cannot be sent on to another provider.
 */
function keyAuth(
  { privateKey, keyId, thumbprintSha256, algorithm }: ClientKey,
  audience: unknown,
): oidc.ClientAuth {
  const key = signingKey(createPrivateKey(privateKey), algorithm);
  return oidc.PrivateKeyJwt(keyId === null ? key : { key, kid: keyId }, {
    [oidc.modifyAssertion]: (header, payload) => {
      if (thumbprintSha256 !== null) {
        header['x5t#S256'] = Buffer.from(thumbprintSha256, 'hex').toString('base64url');
      }
      if (typeof audience === 'string') payload['aud'] = audience;
    },
  });
}

/** @throws Error where the key signs by none of the algorithms. */
function signingKey(key: KeyObject, algorithm: ClientKey['algorithm']) {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  switch (type) {
    case 'rsa': {
      const name = algorithm === 'PS256' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
      return key.toCryptoKey({ name, hash: 'SHA-256' }, false, ['sign']);
    }
    case 'ec': {
      const namedCurve = details?.namedCurve === 'secp384r1' ? 'P-384' : 'P-256';
      return key.toCryptoKey({ name: 'ECDSA', namedCurve }, false, ['sign']);
    }
    case 'ed25519':
      return key.toCryptoKey({ name: 'Ed25519' }, false, ['sign']);
    default:
      throw new Error(`teams.signIn.clientKey: a key of the type ${type ?? 'unknown'} cannot sign`);
  }
}
