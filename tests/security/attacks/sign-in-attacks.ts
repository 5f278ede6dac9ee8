/** Attacks on the callback of a sign-in: its query, its cookie, the ID token for its code. */
import { senderOf } from '../../unit/identity/sign-in-world.ts';
import { attacks } from './attack.ts';

type ChangeQuery = (query: URLSearchParams) => void;

/** Callbacks that do not belong to the sign-in they name. */
export const callbackAttacks = attacks<ChangeQuery>([
  ['no state (login CSRF)', 'sign_in_unknown', (query) => query.delete('state'), 'RFC 6749 10.12'],
  [
    'an unknown state',
    'sign_in_unknown',
    (query) => query.set('state', 'A'.repeat(43)),
    'RFC 9700 4.7',
  ],
  [
    'a malformed state',
    'sign_in_unknown',
    (query) => query.set('state', "' OR 1=1 --"),
    'RFC 9700 4.7',
  ],
  ['an empty state', 'sign_in_unknown', (query) => query.set('state', ''), 'ASVS 5.0 V10.2.1'],
  [
    'two states',
    'sign_in_unknown',
    (query) => query.append('state', 'A'.repeat(43)),
    'RFC 6749 3.1',
  ],
  ['no code', 'sign_in_refused', (query) => query.delete('code'), 'RFC 6749 4.1.2'],
  [
    'an unknown code (injection)',
    'sign_in_refused',
    (query) => query.set('code', 'stolen'),
    'RFC 9700 4.5',
  ],
  ['two codes', 'sign_in_refused', (query) => query.append('code', 'stolen'), 'RFC 6749 3.1'],
  [
    'the iss of another provider (mix-up)',
    'sign_in_refused',
    (query) => query.set('iss', 'https://attacker.example'),
    'RFC 9207 2.4',
  ],
  [
    'the iss with an extra slash',
    'sign_in_refused',
    (query) => query.set('iss', `${query.get('iss') ?? ''}/`),
    'RFC 9207 2.4',
  ],
  [
    'two issuers',
    'sign_in_refused',
    (query) => query.append('iss', 'https://attacker.example'),
    'RFC 9207 2.4',
  ],
  [
    'no iss, although the provider sends one',
    'sign_in_refused',
    (query) => query.delete('iss'),
    'RFC 9207 2.4; ASVS 5.0 V10.2.2',
  ],
  [
    'an error from the provider',
    'sign_in_refused',
    (query) => {
      query.delete('code');
      query.set('error', 'access_denied');
    },
    'RFC 6749 4.1.2',
  ],
  [
    'an error and a code together',
    'sign_in_refused',
    (query) => query.set('error', 'access_denied'),
    'RFC 6749 4.1.2',
  ],
  [
    'an ID token in the query (implicit flow)',
    'sign_in_refused',
    (query) => query.set('id_token', 'a.b.c'),
    'RFC 9700 2.1.2',
  ],
  [
    'a JARM response',
    'sign_in_refused',
    (query) => query.set('response', 'a.b.c'),
    'RFC 9700 2.1.2',
  ],
]);

/** Browsers that did not start the sign-in. */
export const cookieAttacks = attacks<string | undefined>(
  [
    ['none', 'sign_in_other_browser', undefined],
    [
      "another browser's cookie",
      'sign_in_other_browser',
      `__Host-countersign-signin=${'A'.repeat(43)}`,
    ],
    ['an empty cookie', 'sign_in_other_browser', '__Host-countersign-signin='],
    [
      'a cookie without the prefix',
      'sign_in_other_browser',
      `countersign-signin=${'A'.repeat(43)}`,
      'ASVS 5.0 V3.3.3',
    ],
    [
      'a cookie whose name has other letter case',
      'sign_in_other_browser',
      `__host-Countersign-Signin=${'A'.repeat(43)}`,
      'ASVS 5.0 V3.3.3',
    ],
  ],
  'RFC 6819 4.4.1.8; ASVS 5.0 V10.1.2',
);

type ChangeClaims = (claims: Record<string, unknown>) => Record<string, unknown>;
const NO = 'sign_in_refused';
const claim =
  (name: string, value: unknown): ChangeClaims =>
  (claims) => ({ ...claims, [name]: value });

/** ID tokens of the right provider for something else. */
export const idTokenAttacks = attacks<ChangeClaims>(
  [
    ['another nonce', NO, claim('nonce', 'another'), 'ASVS 5.0 V10.5.1'],
    ['no nonce', NO, claim('nonce', undefined), 'ASVS 5.0 V10.5.1'],
    [
      'a nonce in an array',
      NO,
      (claims) => ({ ...claims, nonce: [claims.nonce] }),
      'ASVS 5.0 V10.5.1',
    ],
    ['another audience', NO, claim('aud', 'other'), 'ASVS 5.0 V10.5.4'],
    [
      'an additional audience',
      'token_audience',
      (claims) => ({ ...claims, aud: ['countersign', 'other'], azp: 'countersign' }),
    ],
    ['another azp', 'token_audience', claim('azp', 'other')],
    ['another issuer', NO, claim('iss', 'https://attacker.example')],
    ['an expiry in the past', NO, claim('exp', 1)],
    ['no expiry', NO, claim('exp', undefined)],
    ['no iat', NO, claim('iat', undefined)],
    [
      'another person',
      'sign_in_wrong_person',
      (claims) => ({ ...claims, oid: senderOf('kenji').objectId }),
      'ASVS 5.0 V10.5.2',
    ],
    [
      'another tenant',
      'sign_in_wrong_person',
      claim('tid', '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0'),
      'ASVS 5.0 V10.5.2',
    ],
    ['no object id', 'token_claim_missing', claim('oid', undefined), 'ASVS 5.0 V10.5.2'],
    ['an application', 'token_kind_not_accepted', claim('idtyp', 'app'), 'RFC 9068 5'],
    [
      'malformed roles',
      'token_claim_invalid',
      claim('roles', [['approver']]),
      'OpenID Connect Core 5.6.2',
    ],
    // Neighbours that must pass: an odd optional claim proves nothing, and refuses nothing.
    ['auth_time as a text', 'accepted', claim('auth_time', '2026-11-20T12:00:00Z')],
    ['auth_time of null', 'accepted', claim('auth_time', null)],
    ['amr as one text', 'accepted', claim('amr', 'pwd')],
    ['acr as a number', 'accepted', claim('acr', 1)],
    ['jti as a number', 'accepted', claim('jti', 7)],
  ],
  'OpenID Connect Core 3.1.3.7',
);
