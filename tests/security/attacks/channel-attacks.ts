/** Tokens with an activity that Bot Framework did not issue for this bot. */
import { APP_ID, TENANT, sign, signText } from '../../unit/identity/kit.ts';
import type { Claims, TestKey } from '../../unit/identity/kit.ts';
import { attacks } from './attack.ts';

/** Bot Framework on loopback: an endorsed key, one without endorsement, an elliptic one. */
export interface ChannelWorld {
  readonly key: TestKey;
  readonly unendorsed: TestKey;
  readonly elliptic: TestKey;
  /** In seconds. */
  readonly now: number;
  claims(over?: Claims): Claims;
}

export const CHANNEL_ISSUER = 'https://api.botframework.com';
export const SERVICE_URL = 'https://smba.trafficmanager.net/emea/';

/** Signed with a key that the channel publishes, unless a row says otherwise. */
export const channelAttacks = attacks<(world: ChannelWorld) => Promise<string>>(
  [
    [
      "the emulator's issuer (v1)",
      'token_issuer_unknown',
      (w) =>
        sign(
          w.key,
          w.claims({
            iss: 'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/',
          }),
        ),
    ],
    [
      "the emulator's issuer (v2)",
      'token_issuer_unknown',
      (w) =>
        sign(
          w.key,
          w.claims({
            iss: 'https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0',
          }),
        ),
    ],
    [
      "the bot's own tenant, appid = the bot",
      'token_issuer_unknown',
      (w) =>
        sign(
          w.key,
          w.claims({
            iss: `https://sts.windows.net/${TENANT}/`,
            appid: APP_ID,
            azp: APP_ID,
          }),
        ),
    ],
    [
      "the government's issuer",
      'token_issuer_unknown',
      (w) => sign(w.key, w.claims({ iss: 'https://api.botframework.us' })),
    ],
    [
      'the issuer with a trailing slash',
      'token_issuer_unknown',
      (w) => sign(w.key, w.claims({ iss: `${CHANNEL_ISSUER}/` })),
    ],
    [
      'no issuer',
      'token_issuer_unknown',
      (w) => sign(w.key, w.claims({ iss: undefined })),
      'RFC 8725 3.8',
    ],
    [
      "the bot's own outbound token, aud = Bot Framework",
      'token_audience',
      (w) => sign(w.key, w.claims({ aud: CHANNEL_ISSUER, appid: APP_ID })),
    ],
    ['another bot', 'token_audience', (w) => sign(w.key, w.claims({ aud: 'other' }))],
    [
      'this bot and another one',
      'token_audience',
      (w) => sign(w.key, w.claims({ aud: [APP_ID, 'other'] })),
      'RFC 8725 3.9',
    ],
    [
      'no audience',
      'token_claim_missing',
      (w) => sign(w.key, w.claims({ aud: undefined })),
      'RFC 8725 3.9',
    ],
    [
      'no expiry',
      'token_claim_missing',
      (w) => sign(w.key, w.claims({ exp: undefined })),
      'ASVS 5.0 V9.2.1',
    ],
    [
      'an infinite expiry',
      'token_claim_invalid',
      (w) =>
        signText(
          w.key,
          { alg: 'RS256', kid: 'c1' },
          JSON.stringify(w.claims({ exp: 0 })).replace('"exp":0', '"exp":1e999'),
        ),
      'RFC 7519 2',
    ],
    [
      'not valid for six minutes',
      'token_not_yet_valid',
      (w) => sign(w.key, w.claims({ nbf: w.now + 360 })),
      'RFC 7519 4.1.5',
    ],
    [
      'issued in six minutes',
      'token_issued_in_future',
      (w) => sign(w.key, w.claims({ iat: w.now + 360 })),
      'RFC 7519 4.1.6',
    ],
    [
      'expired five minutes ago',
      'token_expired',
      (w) => sign(w.key, w.claims({ exp: w.now - 300 })),
      'RFC 7519 4.1.4',
    ],
    [
      'expired one second less than five minutes ago',
      'accepted',
      (w) => sign(w.key, w.claims({ exp: w.now - 299 })),
    ],
    [
      'no service URL',
      'channel_service_url_missing',
      (w) => sign(w.key, w.claims({ serviceurl: undefined })),
    ],
    [
      'an empty service URL',
      'token_claim_invalid',
      (w) => sign(w.key, w.claims({ serviceurl: '' })),
    ],
    [
      'an array of service URLs',
      'token_claim_invalid',
      (w) => sign(w.key, w.claims({ serviceurl: [SERVICE_URL] })),
    ],
    [
      'ES256 with a published key',
      'token_algorithm_refused',
      (w) => sign(w.elliptic, w.claims()),
      'ASVS 5.0 V9.1.2',
    ],
    [
      'alg none',
      'token_algorithm_refused',
      async (w) => {
        const [, payload] = (await sign(w.key, w.claims())).split('.');
        return `${Buffer.from('{"alg":"none","kid":"c1"}').toString('base64url')}.${payload}.AAAA`;
      },
      'RFC 8725 2.1',
    ],
    [
      'an embedded key',
      'token_header_refused',
      (w) => sign(w.key, w.claims(), { jwk: {} }),
      'CVE-2018-0114',
    ],
    [
      'another typ',
      'token_header_refused',
      (w) => sign(w.key, w.claims(), { typ: 'at+jwt' }),
      'RFC 8725 3.11',
    ],
    [
      'an unknown key id',
      'token_key_unknown',
      (w) => sign(w.key, w.claims(), { kid: 'c9' }),
      'RFC 8725 3.10',
    ],
    [
      'a signature by an unknown key',
      'token_signature_invalid',
      (w) => sign(w.unendorsed, w.claims(), { kid: 'c1' }),
      'ASVS 5.0 V9.1.1',
    ],
    [
      "an attacker's remote key set",
      'token_header_refused',
      (w) => sign(w.key, w.claims(), { jku: 'https://attacker.example' }),
      'RFC 8725 3.10',
    ],
    [
      'an audience in upper case',
      'token_audience',
      (w) => sign(w.key, w.claims({ aud: APP_ID.toUpperCase() })),
    ],
  ],
  'Bot Framework authentication: connector to bot',
);
