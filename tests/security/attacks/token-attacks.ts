/** Attacks on form, header and signature of a bearer token. */
import { sign } from '../../unit/identity/kit.ts';
import type { Claims } from '../../unit/identity/kit.ts';
import { attacks } from './attack.ts';
import { encode } from './token-world.ts';
import type { MakeToken, TokenWorld } from './token-world.ts';

const unsigned =
  (alg: string): MakeToken =>
  (w) =>
    `${encode({ alg, kid: 'k1' })}.${encode(w.claims())}.AAAA`;

/** Algorithms, and the keys that a token may select. */
export const algorithmAttacks = attacks<MakeToken>([
  [
    'alg none without a signature',
    'token_malformed',
    (w) => `${encode({ alg: 'none', kid: 'k1' })}.${encode(w.claims())}.`,
    'CVE-2015-9235',
  ],
  ['alg none with any signature', 'token_algorithm_refused', unsigned('none'), 'RFC 8725 2.1'],
  ['alg NoNe in mixed case', 'token_algorithm_refused', unsigned('NoNe'), 'CVE-2020-28042'],
  [
    'HS256 with the public key as PEM',
    'token_algorithm_refused',
    async (w) => w.hmac(await w.pem(), { alg: 'HS256', kid: 'k1', typ: 'JWT' }),
    'CVE-2016-10555',
  ],
  [
    'HS256 with the PEM and a line break',
    'token_algorithm_refused',
    async (w) => w.hmac(`${(await w.pem()).trim()}\n\n`, { alg: 'HS256', kid: 'k1' }),
    'CVE-2023-48223',
  ],
  [
    'HS256 with the modulus as secret',
    'token_algorithm_refused',
    (w) => w.hmac(w.key.publicJwk.n ?? '', { alg: 'HS256', kid: 'k1' }),
    'RFC 8725 2.1',
  ],
  [
    'HS256 with the whole JWK as secret',
    'token_algorithm_refused',
    (w) => w.hmac(JSON.stringify(w.key.publicJwk), { alg: 'HS256', kid: 'k1' }),
    'CVE-2024-33663',
  ],
  [
    'HS256 with an empty secret',
    'token_algorithm_refused',
    (w) => w.hmac('', { alg: 'HS256', kid: 'k1' }),
    'CVE-2019-20933',
  ],
  [
    'RS256 in the header of an HMAC',
    'token_signature_invalid',
    async (w) => w.hmac(await w.pem(), { alg: 'RS256', kid: 'k1' }),
    'RFC 8725 3.1',
  ],
  [
    'an algorithm that the issuer does not list, with its own key',
    'token_algorithm_refused',
    (w) => sign(w.elliptic, w.claims()),
    'ASVS 5.0 V9.1.2',
  ],
  [
    'an RSA algorithm with the id of an elliptic key',
    'token_algorithm_refused',
    (w) => sign(w.key, w.claims(), { kid: 'e1' }),
    'RFC 8725 3.1',
  ],
  [
    'PS256 in the header of an RS256 signature',
    'token_signature_invalid',
    (w) => w.raw({ alg: 'PS256', kid: 'k1' }),
    'RFC 8725 3.1',
  ],
  [
    'rs256 in lower case',
    'token_algorithm_refused',
    (w) => w.raw({ alg: 'rs256', kid: 'k1' }),
    'RFC 7515 4.1.1',
  ],
  [
    'alg as an array',
    'token_header_refused',
    (w) => w.raw({ alg: ['RS256'], kid: 'k1' }),
    'RFC 7515 4.1.1',
  ],
  [
    'alg named like a built-in member',
    'token_algorithm_refused',
    (w) => w.raw({ alg: 'constructor', kid: 'k1' }),
    'RFC 8725 3.1',
  ],
  ['no alg', 'token_header_refused', (w) => w.raw({ kid: 'k1' }), 'RFC 7515 4.1.1'],
  [
    'an elliptic signature of zeros',
    'token_signature_invalid',
    (w) =>
      `${encode({ alg: 'ES256', kid: 'e1' })}.${encode(
        w.claims({ iss: w.curves.state.issuer }),
      )}.${Buffer.alloc(64).toString('base64url')}`,
    'CVE-2022-21449',
  ],
  [
    'an elliptic signature in DER',
    'token_signature_invalid',
    (w) =>
      `${encode({ alg: 'ES256', kid: 'e1' })}.${encode(
        w.claims({ iss: w.curves.state.issuer }),
      )}.${Buffer.from('3006020101020101', 'hex').toString('base64url')}`,
    'RFC 7518 3.4',
  ],
  [
    'an RSA signature at an issuer of elliptic keys',
    'token_algorithm_refused',
    (w) => sign(w.key, w.claims({ iss: w.curves.state.issuer })),
    'RFC 8725 3.1',
  ],
  [
    'an encryption algorithm as alg',
    'token_algorithm_refused',
    unsigned('RSA-OAEP'),
    'RFC 8725 2.1',
  ],
  [
    'a password-based algorithm with a million rounds',
    'token_algorithm_refused',
    (w) => w.raw({ alg: 'PBES2-HS256+A128KW', kid: 'k1', p2c: 1_000_000 }),
    'CVE-2022-36083',
  ],
]);

/** Which key is used, and what selects it. */
export const keyIdAttacks = attacks<MakeToken>(
  [
    [
      'signed by an unknown signer under a known key id',
      'token_signature_invalid',
      (w) => sign(w.stranger, w.claims()),
      'ASVS 5.0 V9.1.1',
    ],
    ['an unknown key id', 'token_key_unknown', (w) => sign(w.stranger, w.claims(), { kid: 'k9' })],
    [
      'no key id, and two keys fit',
      'token_key_ambiguous',
      (w) => sign(w.key, w.claims(), { kid: undefined }),
    ],
    ['a key id of null', 'token_header_refused', (w) => w.raw({ alg: 'RS256', kid: null })],
    ['an empty key id', 'token_header_refused', (w) => sign(w.key, w.claims(), { kid: '' })],
    [
      'a key id that is not a string',
      'token_header_refused',
      (w) => w.raw({ alg: 'RS256', kid: 1 }),
    ],
    [
      'a key id with path traversal',
      'token_key_unknown',
      (w) => sign(w.stranger, w.claims(), { kid: '../../../dev/null' }),
    ],
    [
      'a key id with SQL injection',
      'token_key_unknown',
      (w) => sign(w.stranger, w.claims(), { kid: "x' UNION SELECT 'aw==';--" }),
    ],
    [
      'a key id with LDAP injection',
      'token_key_unknown',
      (w) => sign(w.stranger, w.claims(), { kid: '*)(uid=*))(|(uid=*' }),
    ],
    [
      'a key id that is an address',
      'token_key_unknown',
      (w) => sign(w.stranger, w.claims(), { kid: 'https://attacker.example/key.pem' }),
    ],
    [
      'a key id named __proto__',
      'token_key_unknown',
      (w) => sign(w.stranger, w.claims(), { kid: '__proto__' }),
    ],
    [
      'a known key id with a NUL appended',
      'token_key_unknown',
      (w) => sign(w.stranger, w.claims(), { kid: 'k1\u0000' }),
    ],
    [
      'a known key id in upper case',
      'token_key_unknown',
      (w) => sign(w.key, w.claims(), { kid: 'K1' }),
    ],
    [
      'a very long key id',
      'token_header_refused',
      (w) => sign(w.key, w.claims(), { kid: 'k'.repeat(257) }),
    ],
  ],
  'RFC 8725 3.10',
);

const header =
  (extra: Claims | ((w: TokenWorld) => Claims)): MakeToken =>
  (w) =>
    w.raw({ alg: 'RS256', kid: 'k1', ...(typeof extra === 'function' ? extra(w) : extra) });

/** Keys, commands and other token kinds in the header; all refused as `token_header_refused`. */
export const headerAttacks = attacks<MakeToken>(
  (
    [
      ['an embedded key', (w) => ({ jwk: w.stranger.publicJwk }), 'CVE-2018-0114'],
      ["the issuer's own key embedded", (w) => ({ jwk: w.key.publicJwk }), 'ASVS 5.0 V9.1.3'],
      ['a remote key set', { jku: 'https://attacker.example/jwks' }, 'RFC 8725 3.10'],
      [
        "the issuer's own key set by address",
        (w) => ({ jku: w.server.state.jwksUri }),
        'ASVS 5.0 V9.1.3',
      ],
      [
        'a remote key set inside our network',
        { jku: 'http://169.254.169.254/keys' },
        'RFC 8725 3.10',
      ],
      ['a certificate chain', { x5c: ['MIIB'] }, 'ASVS 5.0 V9.1.3'],
      ['a remote certificate', { x5u: 'https://attacker.example/c.pem' }, 'RFC 8725 3.10'],
      ['an unknown critical extension', { crit: ['exp'], exp: 1 }, 'RFC 7515 4.1.11'],
      ['an undefined critical extension', { crit: ['bork'], bork: true }, 'CVE-2025-59420'],
      ['an empty array of critical extensions', { crit: [] }, 'RFC 7515 4.1.11'],
      ['critical extensions as a string', { crit: 'exp' }, 'RFC 7515 4.1.11'],
      ['an unencoded payload', { crit: ['b64'], b64: false }, 'RFC 7797 6'],
      ['b64 without crit', { b64: true }, 'RFC 7797 3'],
      ['compression', { zip: 'DEF' }, 'CVE-2024-33664'],
      ['an encryption algorithm', { enc: 'A256GCM' }, 'CVE-2024-28176'],
      ['a nested token', { cty: 'JWT' }, 'RFC 7519 5.2'],
      ['typ of a logout token', { typ: 'logout+jwt' }, 'OpenID Connect Back-Channel Logout 2.4'],
      ['typ of a DPoP proof', { typ: 'dpop+jwt' }, 'RFC 9449 4.2'],
      ['typ of a security event', { typ: 'secevent+jwt' }, 'RFC 8725 3.11'],
      ['typ of a signed request', { typ: 'oauth-authz-req+jwt' }, 'RFC 8725 3.11'],
      ['typ of a token introspection', { typ: 'token-introspection+jwt' }, 'RFC 8725 3.11'],
      ['typ of our own checkpoints', { typ: 'countersign-checkpoint+jwt' }, 'RFC 8725 3.11'],
      ['typ of a verifiable credential', { typ: 'vc+jwt' }, 'RFC 8725 3.11'],
      ['typ that is not a string', { typ: 7 }, 'RFC 7515 4.1.9'],
    ] as readonly [string, Claims | ((w: TokenWorld) => Claims), string][]
  ).map(([attack, extra, source]) => [attack, 'token_header_refused', header(extra), source]),
);

type Twist = (parts: [string, string, string]) => string;

/** Variants that a lenient reader takes for the same token; all `token_malformed`. */
export const encodingAttacks = attacks<MakeToken>(
  (
    [
      ['padding after the signature', ([h, p, s]) => `${h}.${p}.${s}==`],
      ['padding after the header', ([h, p, s]) => `${h}=.${p}.${s}`],
      [
        'stray bits at the end of the signature',
        ([h, p, s]) => `${h}.${p}.${nextLetter(s)}`,
        'RFC 4648 3.5',
      ],
      [
        'a line break in the payload',
        ([h, p, s]) => `${h}.${p.slice(0, 9)}\n${p.slice(9)}.${s}`,
        'RFC 4648 3.1',
      ],
      ['a leading blank', ([h, p, s]) => ` ${h}.${p}.${s}`],
      ['a trailing line break', ([h, p, s]) => `${h}.${p}.${s}\n`],
      [
        'the standard base64 alphabet',
        ([h, p, s]) => `${h}.${p}.${s.replace(/[-_]/g, '+')}+/`,
        'RFC 4648 3.3',
      ],
      ['a NUL', ([h, p, s]) => `${h}.${p}.${s}\u0000`],
      ['four parts', ([h, p, s]) => `${h}.${p}.${s}.${s}`],
      ['five parts, as in a JWE', ([h, p, s]) => `${h}.${p}.${s}.${s}.${s}`],
      ['two parts', ([h, p]) => `${h}.${p}`],
      ['one part', ([h]) => h],
      ['nothing', () => ''],
      ['dots only', () => '..'],
      ['no signature', ([h, p]) => `${h}.${p}.`, 'CVE-2020-28042'],
      ['no payload', ([h, , s]) => `${h}..${s}`],
      [
        'the JSON serialisation',
        ([h, p, s]) => JSON.stringify({ protected: h, payload: p, signature: s }),
        'CVE-2022-39227',
      ],
      [
        'compact and JSON at once',
        ([h, p, s]) => `{"${h}.${p}.":"","protected":"${h}","payload":"${p}","signature":"${s}"}`,
        'CVE-2022-39227',
      ],
      ['letters outside ASCII', ([h, p, s]) => `${h}.${p}.${s}é`],
      ['a full-width dot', ([h, p, s]) => `${h}．${p}．${s}`],
      ['the scheme in front', ([h, p, s]) => `Bearer ${h}.${p}.${s}`],
    ] as readonly [string, Twist, string?][]
  ).map(([attack, twist, source = 'RFC 7515 7.1']) => [
    attack,
    'token_malformed',
    async (w) => twist(await w.parts()),
    source,
  ]),
);

const json =
  (twist: (text: string) => string): MakeToken =>
  (w) =>
    w.raw({ alg: 'RS256', kid: 'k1' }, twist(JSON.stringify(w.claims())));

/** Ambiguous JSON under a good signature. */
export const jsonAttacks = attacks<MakeToken>(
  (
    [
      [
        'a duplicate claim',
        json((text) => text.replace('{', '{"roles":["security-lead"],')),
        'CVE-2017-12635',
      ],
      [
        'a duplicate claim, once escaped',
        json((text) => text.replace('{', '{"\\u0072oles":["security-lead"],')),
        'RFC 8259 4',
      ],
      [
        'a duplicate member in a nested object',
        json((text) => text.replace('{', '{"x":{"a":1,"a":2},')),
        'RFC 8259 4',
      ],
      ['a byte order mark', json((text) => `\ufeff${text}`), 'RFC 8259 8.1'],
      ['text after the object', json((text) => `${text}x`), 'RFC 7519 7.2'],
      ['a second object appended', json((text) => `${text}{}`), 'RFC 7519 7.2'],
      ['an array', json((text) => `[${text}]`), 'RFC 7519 7.2'],
      ['a string', json(() => '"claims"'), 'RFC 7519 7.2'],
      ['null', json(() => 'null'), 'RFC 7519 7.2'],
      ['an unterminated string', json((text) => `${text.slice(0, -1)},"x`), 'RFC 7519 7.2'],
      ['a comment', json((text) => text.replace('{', '{/* x */')), 'RFC 8259 2'],
      ['single quotes', json((text) => text.replaceAll('"', "'")), 'RFC 8259 7'],
      [
        'nested a hundred levels deep',
        json((text) => text.replace('{', `{"x":${'['.repeat(100)}${']'.repeat(100)},`)),
        'RFC 8259 9',
      ],
      [
        'a duplicate header member',
        (w) => w.raw('{"alg":"none","alg":"RS256","kid":"k1"}'),
        'RFC 7515 4',
      ],
      ['a header that is an array', (w) => w.raw('["RS256"]'), 'RFC 7515 7.1'],
      [
        'a text in UTF-16',
        (w) => {
          const text = JSON.stringify(w.claims());
          return signBytes(w, Buffer.from(text, 'utf16le'));
        },
        'RFC 8725 3.7',
      ],
      [
        'bytes that are not UTF-8 (overlong)',
        (w) => {
          const payload = Buffer.from(JSON.stringify(w.claims({ name: 'AAAA' })), 'utf8');
          payload.set([0xc0, 0xaf], payload.indexOf('AAAA'));
          return signBytes(w, payload);
        },
        'CVE-2008-2938',
      ],
    ] as readonly [string, MakeToken, string][]
  ).map(([attack, make, source]) => [attack, 'token_malformed', make, source]),
);

/** Parts of good tokens recombined, cut or enlarged. */
export const splicedAttacks = attacks<MakeToken>(
  [
    [
      'the signature of another token',
      'token_signature_invalid',
      async (w) => {
        const [h, p] = await w.parts();
        return `${h}.${p}.${(await w.withClaims({ uti: 'other' })).split('.')[2]}`;
      },
    ],
    [
      'a changed payload',
      'token_signature_invalid',
      async (w) => {
        const [h, , s] = await w.parts();
        return `${h}.${encode(w.claims({ roles: ['approver', 'security-lead'] }))}.${s}`;
      },
    ],
    [
      'a header with other white space',
      'token_signature_invalid',
      async (w) => {
        const [, p, s] = await w.parts();
        const text = '{ "alg": "RS256", "typ": "JWT", "kid": "k1" }';
        return `${Buffer.from(text).toString('base64url')}.${p}.${s}`;
      },
    ],
    [
      'a shortened signature',
      'token_signature_invalid',
      async (w) => {
        const [h, p, s] = await w.parts();
        return `${h}.${p}.${s.slice(0, 256)}`;
      },
    ],
    [
      'a signature of zeros',
      'token_signature_invalid',
      async (w) => {
        const [h, p] = await w.parts();
        return `${h}.${p}.${Buffer.alloc(256).toString('base64url')}`;
      },
    ],
    [
      'more than 16 KiB',
      'token_too_large',
      (w) => w.withClaims({ x: 'x'.repeat(16_384) }),
      'CVE-2025-30204',
    ],
    ['a megabyte of dots', 'token_too_large', () => '.'.repeat(1_048_576), 'CVE-2025-30204'],
  ],
  'ASVS 5.0 V9.1.1',
);

async function signBytes(w: TokenWorld, payload: Buffer): Promise<string> {
  const signed = `${encode({ alg: 'RS256', kid: 'k1' })}.${payload.toString('base64url')}`;
  const signature = await crypto.subtle.sign(
    'RSASSA-PKCS1-v1_5',
    w.key.privateKey,
    Buffer.from(signed),
  );
  return `${signed}.${Buffer.from(signature).toString('base64url')}`;
}

/** Changes only the bits of the last letter that encode no byte. */
function nextLetter(text: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + (letters[letters.indexOf(text.slice(-1)) + 1] ?? 'A');
}
