/** Attacks on the claims of a well-signed token: issuer, audience, times, tenant, person. */
import {
  AMARA,
  API,
  APP_ID,
  OTHER_TENANT,
  OUR_URL,
  TENANT,
  personClaims,
  sign,
  workloadClaims,
} from '../../unit/identity/kit.ts';
import type { Claims } from '../../unit/identity/kit.ts';
import { attacks } from './attack.ts';
import { NOW, NOW_MS } from './token-world.ts';
import type { MakeToken, TokenWorld } from './token-world.ts';

const issuer =
  (twist: (iss: string, w: TokenWorld) => unknown): MakeToken =>
  (w) =>
    w.withClaims({ iss: twist(w.server.state.issuer, w) });

/** Issuers that resemble a configured one. */
export const issuerAttacks = attacks<MakeToken>(
  [
    ['a trailing slash', 'token_issuer_unknown', issuer((iss) => `${iss}/`)],
    ['other letter case', 'token_issuer_unknown', issuer((iss) => iss.replace('http', 'HTTP'))],
    [
      'another scheme',
      'token_issuer_unknown',
      issuer((iss) => iss.replace('http:', 'https:')),
      'OpenID Connect Core 3.1.3.7',
    ],
    ['a longer host', 'token_issuer_unknown', issuer((iss) => `${iss}.attacker.example`)],
    ['a path appended', 'token_issuer_unknown', issuer((iss) => `${iss}/realms/attacker`)],
    ['a query appended', 'token_issuer_unknown', issuer((iss) => `${iss}?x`)],
    ['a fragment appended', 'token_issuer_unknown', issuer((iss) => `${iss}#x`)],
    [
      'user information before the host',
      'token_issuer_unknown',
      issuer((iss) => iss.replace('//', '//attacker@')),
    ],
    ['a prefix only', 'token_issuer_unknown', issuer((iss) => iss.slice(0, -1)), 'CVE-2024-53861'],
    ['a NUL appended', 'token_issuer_unknown', issuer((iss) => `${iss}\u0000`)],
    ['a blank appended', 'token_issuer_unknown', issuer((iss) => `${iss} `)],
    ['our own address', 'token_own_issuer', issuer(() => OUR_URL), 'RFC 8725 3.12'],
    [
      'our own address with a trailing slash',
      'token_own_issuer',
      issuer(() => `${OUR_URL}/`),
      'RFC 8725 3.12',
    ],
    ['the name of a built-in member', 'token_issuer_unknown', issuer(() => '__proto__')],
    [
      'the template itself',
      'token_issuer_unknown',
      issuer((_, w) => `${w.entra.base}/{tenantid}/v2.0`),
      'Microsoft identity platform: issuer validation',
    ],
    [
      'a tenant that is not allowed',
      'token_tenant_not_allowed',
      issuer((_, w) => `${w.entra.base}/${OTHER_TENANT}/v2.0`),
      'Microsoft identity platform: issuer validation',
    ],
    [
      'the allowed tenant in upper case',
      'token_issuer_unknown',
      issuer((_, w) => `${w.entra.base}/${TENANT.toUpperCase()}/v2.0`),
      'Microsoft identity platform: issuer validation',
    ],
    [
      'the tenant common',
      'token_issuer_unknown',
      issuer((_, w) => `${w.entra.base}/common/v2.0`),
      'Microsoft identity platform: issuer validation',
    ],
    [
      'the tenant with a path inside',
      'token_issuer_unknown',
      issuer((_, w) => `${w.entra.base}/${TENANT}/x/v2.0`),
      'Microsoft identity platform: issuer validation',
    ],
    [
      'v1 of an allowed tenant',
      'token_issuer_unknown',
      issuer(() => `https://sts.windows.net/${TENANT}/`),
      'Microsoft identity platform: issuer validation',
    ],
    [
      "another configured issuer than the key's",
      'token_issuer_unknown',
      (w) => sign(w.elliptic, w.claims({ iss: w.entra.base })),
      'ASVS 5.0 V9.1.3',
    ],
    ['an array', 'token_claim_invalid', issuer((iss) => [iss]), 'CVE-2025-30144'],
    [
      'an array, the attacker first',
      'token_claim_invalid',
      issuer((iss) => ['https://attacker.example', iss]),
      'CVE-2025-30144',
    ],
    ['an object', 'token_claim_invalid', issuer((iss) => ({ iss })), 'RFC 7519 4.1.1'],
    ['null', 'token_claim_invalid', issuer(() => null), 'RFC 7519 4.1.1'],
    ['an empty string', 'token_claim_invalid', issuer(() => ''), 'RFC 7519 4.1.1'],
    ['missing', 'token_claim_missing', issuer(() => undefined), 'RFC 9068 2.2'],
  ],
  'RFC 8725 3.8',
);

const audience =
  (aud: unknown): MakeToken =>
  (w) =>
    w.withClaims({ aud });

/** Audiences that are not ours alone. */
export const audienceAttacks = attacks<MakeToken>(
  [
    ['another service', 'token_audience', audience('api://other')],
    ['ours in other letter case', 'token_audience', audience(API.toUpperCase())],
    ['ours with a trailing slash', 'token_audience', audience(`${API}/`)],
    ['ours as a prefix', 'token_audience', audience(`${API}.attacker.example`)],
    ['a prefix of ours', 'token_audience', audience(API.slice(0, -1))],
    ['ours with a blank', 'token_audience', audience(` ${API}`)],
    ['ours and another one', 'token_audience', audience([API, 'api://other']), 'ASVS 5.0 V9.2.4'],
    ['ours twice', 'token_audience', audience([API, API])],
    ['an empty array', 'token_audience', audience([]), 'CVE-2020-26160'],
    ['an empty string', 'token_audience', audience(''), 'CVE-2020-26160'],
    ['a nested array', 'token_audience', audience([[API]]), 'RFC 7519 4.1.3'],
    ['an object', 'token_audience', audience({ 0: API, length: 1 }), 'RFC 7519 4.1.3'],
    ['the client id, as in an ID token', 'token_audience', audience(APP_ID), 'ASVS 5.0 V10.3.1'],
    [
      "our address instead of the API's name",
      'token_audience',
      audience(OUR_URL),
      'ASVS 5.0 V10.3.1',
    ],
    ['everybody', 'token_audience', audience('*'), 'ASVS 5.0 V9.2.3'],
    ['null', 'token_audience', audience(null), 'RFC 7519 4.1.3'],
    ['missing', 'token_claim_missing', audience(undefined), 'RFC 9068 4'],
    ['an array of ours alone', 'accepted', audience([API]), 'RFC 7519 4.1.3'],
  ],
  'RFC 8725 3.9',
);

const times =
  (over: Claims): MakeToken =>
  (w) =>
    w.withClaims(over);

/** Time limits, with a tolerance of 30 s and a maximum age of one hour. */
export const timeAttacks = attacks<MakeToken>(
  [
    ['no exp', 'token_claim_missing', times({ exp: undefined }), 'RFC 9068 2.2'],
    ['no iat', 'token_claim_missing', times({ iat: undefined }), 'RFC 9068 2.2'],
    ['exp as a string', 'token_claim_invalid', times({ exp: String(NOW + 600) })],
    ['exp null', 'token_claim_invalid', times({ exp: null })],
    ['exp true', 'token_claim_invalid', times({ exp: true })],
    ['exp negative', 'token_claim_invalid', times({ exp: -1 })],
    ['exp beyond exact integers', 'token_claim_invalid', times({ exp: 2 ** 53 })],
    ['exp as an array', 'token_claim_invalid', times({ exp: [NOW + 600] })],
    [
      'exp 1e400, which JSON.parse reads as infinity',
      'token_claim_invalid',
      (w) =>
        w.raw(
          { alg: 'RS256', kid: 'k1' },
          JSON.stringify(w.claims({ exp: 0 })).replace('"exp":0', '"exp":1e400'),
        ),
    ],
    ['iat as a string', 'token_claim_invalid', times({ iat: String(NOW) })],
    ['nbf as a string', 'token_claim_invalid', times({ nbf: String(NOW) })],
    ['nbf null', 'token_claim_invalid', times({ nbf: null })],
    [
      'auth_time as a string, which proves no time',
      'accepted',
      times({ auth_time: 'now' }),
      'OpenID Connect Core 2',
    ],
    ['expired 29 s ago', 'accepted', times({ exp: NOW - 29 }), 'RFC 7519 4.1.4'],
    ['expired 30 s ago', 'token_expired', times({ exp: NOW - 30 }), 'RFC 7519 4.1.4'],
    ['expired long ago', 'token_expired', times({ exp: NOW - 86_400 }), 'ASVS 5.0 V9.2.1'],
    ['exp zero', 'token_expired', times({ exp: 0 }), 'RFC 7519 4.1.4'],
    ['valid in 30 s', 'accepted', times({ nbf: NOW + 30 }), 'RFC 7519 4.1.5'],
    ['valid in 31 s', 'token_not_yet_valid', times({ nbf: NOW + 31 }), 'RFC 7519 4.1.5'],
    ['issued in 30 s', 'accepted', times({ iat: NOW + 30 }), 'RFC 7519 4.1.6'],
    [
      'issued in 31 s',
      'token_issued_in_future',
      times({ iat: NOW + 31 }),
      'OpenID Connect Core 3.1.3.7',
    ],
    ['issued in milliseconds instead of seconds', 'token_issued_in_future', times({ iat: NOW_MS })],
    [
      'exactly the maximum age',
      'accepted',
      times({ iat: NOW - 3_630 }),
      'OpenID Connect Core 3.1.3.7',
    ],
    [
      'one second older',
      'token_too_old',
      times({ iat: NOW - 3_631 }),
      'OpenID Connect Core 3.1.3.7',
    ],
    [
      'issued at time zero, valid forever',
      'token_too_old',
      times({ iat: 0, exp: NOW + 10 ** 9 }),
      'OpenID Connect Core 3.1.3.7',
    ],
  ],
  'RFC 7519 2',
);

const entra =
  (over: Claims): MakeToken =>
  (w) =>
    sign(w.key, personClaims(w.entraIss, NOW_MS, over));

/** Tenants, people of other tenants, guests, and equal subjects at two issuers. */
export const tenantAttacks = attacks<MakeToken>(
  [
    ['tid of another tenant than iss', 'token_tenant_not_allowed', entra({ tid: OTHER_TENANT })],
    ['no tid', 'token_claim_missing', entra({ tid: undefined })],
    ['tid in an array', 'token_claim_invalid', entra({ tid: [TENANT] })],
    ['tid in upper case', 'token_tenant_not_allowed', entra({ tid: TENANT.toUpperCase() })],
    ['no oid', 'token_claim_missing', entra({ oid: undefined }), 'ASVS 5.0 V10.3.3'],
    [
      'an oid that is not a GUID',
      'token_claim_invalid',
      entra({ oid: 'amara' }),
      'ASVS 5.0 V10.3.3',
    ],
    [
      'an oid with a separator',
      'token_claim_invalid',
      entra({ oid: `x|${TENANT}` }),
      'ASVS 5.0 V10.3.3',
    ],
    [
      'an oid in upper case, which would be a second person',
      'token_claim_invalid',
      entra({ oid: AMARA.toUpperCase() }),
      'ASVS 5.0 V10.3.3',
    ],
    [
      'the e-mail address as the person',
      'token_claim_missing',
      entra({ oid: undefined, email: 'amara@contoso.example' }),
      'OpenID Connect Core 5.7',
    ],
    [
      'the user name as the person',
      'token_claim_missing',
      entra({ sub: undefined, preferred_username: 'amara' }),
      'OpenID Connect Core 5.7',
    ],
    [
      "a guest's home tenant as tid",
      'token_tenant_not_allowed',
      entra({ tid: OTHER_TENANT, idp: `https://sts.windows.net/${OTHER_TENANT}/` }),
    ],
    [
      "a token of the guest's own tenant",
      'token_tenant_not_allowed',
      (w) =>
        sign(
          w.key,
          personClaims(w.entraIss.replace(TENANT, OTHER_TENANT), NOW_MS, {
            tid: OTHER_TENANT,
          }),
        ),
    ],
    [
      'tid changed to match an issuer that is not allowed',
      'token_tenant_not_allowed',
      (w) => sign(w.key, personClaims(w.entraIss.replace(TENANT, OTHER_TENANT), NOW_MS)),
    ],
    ['no sub', 'token_claim_missing', entra({ sub: undefined }), 'RFC 9068 2.2'],
    ['sub as a number', 'token_claim_invalid', entra({ sub: 7 }), 'RFC 7519 4.1.2'],
    ['sub as an array', 'token_claim_invalid', entra({ sub: ['a'] }), 'RFC 7519 4.1.2'],
    ['an empty sub', 'token_claim_invalid', entra({ sub: '' }), 'RFC 7519 4.1.2'],
    [
      'a very long sub',
      'token_claim_invalid',
      entra({ sub: 'x'.repeat(1_025) }),
      'OpenID Connect Core 2',
    ],
    [
      "a pipeline whose subject has the form of a person's tenant and id",
      'token_claim_invalid',
      (w) =>
        sign(
          w.key,
          workloadClaims(w.server.state.issuer, NOW_MS, {
            sub: `${TENANT}|${AMARA}`,
            azp: `${TENANT}|${AMARA}`,
          }),
        ),
      'RFC 9068 5',
    ],
  ],
  'Microsoft identity platform: claims validation',
);
