/** The bot's login: client credentials for a token of the connector's REST API. */
import { jwtVerify } from 'jose';
import { sameSecret } from '../../lib/hash.ts';
import { systemIds } from '../../lib/ids.ts';
import { sign, newKey } from '../signing.ts';
import type { Json } from '../world.ts';
import type { ConnectorSettings } from './types.ts';

const TOKEN_SECONDS = 3_599;

/** `aud` of the bot's tokens. */
export const botScope = 'https://api.botframework.com';

/** The login and the check of its tokens. */
export type BotLogin = Awaited<ReturnType<typeof openBotLogin>>;

/** Creates the login with its own key, which never signs tokens of the channel. */
export async function openBotLogin(parts: ConnectorSettings) {
  const key = await newKey();
  const { kty, n, e } = key;
  const issuer = `${parts.base}/${parts.tenantId}/`;
  const mint = (claims: Json = {}) => {
    const issuedAt = Math.floor(parts.now() / 1_000);
    return sign(key, {
      claims: {
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
      },
    });
  };
  return {
    mint,
    /** Answers a token request (RFC 6749 section 4.4), with the errors of Entra ID. */
    async token(form: URLSearchParams) {
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
    /** Whether an Authorization header carries a valid token of this bot. */
    async accepts(authorization: string | undefined) {
      const token = /^Bearer ([\w.~+/-]+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) return false;
      try {
        const { payload } = await jwtVerify(
          token,
          { kty, n, e },
          {
            issuer,
            audience: botScope,
            algorithms: ['RS256'],
            requiredClaims: ['exp', 'nbf', 'appid'],
            currentDate: new Date(parts.now()),
          },
        );
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
