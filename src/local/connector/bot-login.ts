/** The bot's login: client credentials for a token of the connector's REST API. */
import { SignJWT, importJWK, jwtVerify } from 'jose';
import { sameSecret } from '../../lib/hash.ts';
import { systemIds } from '../../lib/ids.ts';
import { defined } from '../loopback.ts';
import type { Json } from '../world.ts';
import { newKeyPair } from './channel-keys.ts';
import type { ConnectorSettings } from './types.ts';

const TOKEN_SECONDS = 3_599;

/** `aud` of the bot's tokens. */
export const botScope = 'https://api.botframework.com';

/** The login and the check of its tokens. */
export interface BotLogin {
  /** Answers a token request (RFC 6749 section 4.4), with the errors of Entra ID. */
  token(form: URLSearchParams): Promise<{ status: number; body: Json }>;
  /** Whether an Authorization header carries a valid token of this bot. */
  accepts(authorization: string | undefined): Promise<boolean>;
  mint(claims?: Json): Promise<string>;
}

/** Creates the login with its own key, which never signs tokens of the channel. */
export async function openBotLogin(parts: ConnectorSettings): Promise<BotLogin> {
  const pair = await newKeyPair();
  const issuer = `${parts.base}/${parts.tenantId}/`;
  const publicKey = await importJWK(pair.published, 'RS256');
  const mint = (claims: Json = {}) => {
    const issuedAt = Math.floor(parts.now() / 1_000);
    return new SignJWT(
      defined({
        aud: botScope,
        iss: issuer,
        iat: issuedAt,
        nbf: issuedAt,
        exp: issuedAt + TOKEN_SECONDS,
        appid: parts.appId,
        appidacr: '1',
        idtyp: 'app',
        tid: parts.tenantId,
        uti: systemIds.secret(12),
        ver: '1.0',
        ...claims,
      }),
    )
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: pair.kid })
      .sign(pair.privateKey);
  };
  return {
    mint,
    async token(form) {
      const problem = problemOf(form, parts);
      if (problem !== undefined) return problem;
      const body = {
        token_type: 'Bearer',
        expires_in: TOKEN_SECONDS,
        ext_expires_in: TOKEN_SECONDS,
        access_token: await mint(),
      };
      return { status: 200, body };
    },
    async accepts(authorization) {
      const token = /^Bearer ([\w.~+/-]+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) return false;
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          issuer,
          audience: botScope,
          algorithms: ['RS256'],
          requiredClaims: ['exp', 'nbf', 'appid'],
          currentDate: new Date(parts.now()),
        });
        return payload.appid === parts.appId;
      } catch (error) {
        if ((error as { code?: unknown } | null)?.code === undefined) throw error;
        return false;
      }
    },
  };
}

function problemOf(
  form: URLSearchParams,
  parts: ConnectorSettings,
): { status: number; body: Json } | undefined {
  const refuse = (status: number, error: string, text: string) => ({
    status,
    body: { error, error_description: text },
  });
  if (form.get('grant_type') !== 'client_credentials') {
    return refuse(400, 'unsupported_grant_type', 'AADSTS70003: use client_credentials.');
  }
  if (form.get('client_id') !== parts.appId) {
    return refuse(400, 'unauthorized_client', 'AADSTS700016: the application was not found.');
  }
  if (!sameSecret(form.get('client_secret') ?? '', parts.appSecret)) {
    return refuse(401, 'invalid_client', 'AADSTS7000215: the client secret is not valid.');
  }
  if (form.get('scope') !== `${botScope}/.default`) {
    return refuse(400, 'invalid_scope', `AADSTS70011: the scope must be ${botScope}/.default.`);
  }
  return undefined;
}
