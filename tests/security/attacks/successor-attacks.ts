/**
 * Additions of the successor of RFC 8725 (draft-ietf-oauth-rfc8725bis, revision 09, appendix A):
 * exact algorithm names, encrypted tokens in place of signed ones, hash rounds, other
 * serialisations, compression, and media types.
 *
 * Each row fails without its check. Rows marked as defended several times fail only when all of
 * those checks are removed.
 */
import { CompactEncrypt, exportJWK, importJWK } from 'jose';
import { deflateRawSync } from 'node:zlib';
import { sign } from '../../unit/identity/kit.ts';
import { attacks } from './attack.ts';
import { encode } from './token-world.ts';
import type { MakeToken, TokenWorld } from './token-world.ts';

const DRAFT = 'draft-ietf-oauth-rfc8725bis';

const alg =
  (name: string): MakeToken =>
  (w) =>
    w.raw({ alg: name, kid: 'k1' });
const NAMES = `${DRAFT} 2.11; ${DRAFT} 3.1`;

/**
 * Names that become an algorithm (or none) after case folding, trimming or normalising. Defended
 * twice: the issuer does not list them, and no key fits them.
 */
export const algorithmNameAttacks = attacks<MakeToken>(
  (
    [
      ['noNE', 'noNE'],
      ['NONE', 'NONE'],
      ['none with a blank', 'none '],
      ['Rs256', 'Rs256'],
      ['rS256', 'rS256'],
      ['RS256 with a trailing blank', 'RS256 '],
      ['RS256 with a leading blank', ' RS256'],
      ['RS256 with a tab', 'RS256\t'],
      ['RS256 with a NUL', 'RS256\u0000'],
      ['RS256 with a long s (its upper case is S)', 'R\u017f256'],
      ['RS256 in full-width letters', '\uff32\uff33\uff12\uff15\uff16'],
      ['RS256 with a Cyrillic letter', 'R\u0405256'],
      ['RS256 with a hyphen', 'RS-256'],
      ['RS256 under the name of its hash', 'SHA256withRSA'],
      ['RS256 under its XML name', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'],
      ['the empty name', ''],
      ['HS256 in small letters, with the public key', null],
    ] as readonly [string, string | null][]
  ).map(([attack, name]) => [
    attack,
    'token_algorithm_refused',
    name === null ? async (w) => w.hmac(await w.pem(), { alg: 'hs256', kid: 'k1' }) : alg(name),
    NAMES,
  ]),
);

/** Signed with the issuer's RSA key, with a padding that the key is not published for. */
const otherPadding: MakeToken = async (w) => {
  const { privateKey } = w.key;
  const jwk = { ...(await exportJWK(privateKey)), alg: 'PS256' };
  const again = await importJWK(jwk, 'PS256');
  if (again instanceof Uint8Array) throw new Error('no RSA key');
  return sign({ ...w.key, kid: 'only-rs256', alg: 'PS256', privateKey: again }, w.claims());
};

/** A key is bound to one algorithm. */
export const keyUseAttacks = attacks<MakeToken>(
  [
    [
      'the algorithm that the key is published for',
      'accepted',
      (w) => sign(w.key, w.claims(), { kid: 'only-rs256' }),
    ],
    ['another padding with a key published for RS256', 'token_algorithm_refused', otherPadding],
  ],
  `${DRAFT} 3.1`,
);

/** Anybody can encrypt to a published key. */
async function encrypted(
  w: TokenWorld,
  text: string,
  header: { cty?: string } = {},
): Promise<string> {
  const key = await importJWK({ ...w.key.publicJwk, alg: 'RSA-OAEP-256' }, 'RSA-OAEP-256');
  return new CompactEncrypt(Buffer.from(text))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'k1', ...header })
    .encrypt(key);
}
const FIVE = `${DRAFT} 2.3; ${DRAFT} 3.3`;
const partsOf = (header: object, ...rest: readonly string[]) => [encode(header), ...rest].join('.');
const BOMB = deflateRawSync(Buffer.alloc(8 * 1024 * 1024, 'x')).toString('base64url');

/** Encrypted, nested and compressed tokens; refused before any key lookup. */
export const encryptionAttacks = attacks<MakeToken>([
  // Defended three times: the number of parts, dots outside the base64url alphabet, and claims that
  // are not JSON.
  [
    "claims encrypted to the issuer's public key",
    'token_malformed',
    (w) => encrypted(w, JSON.stringify(w.claims())),
    `${FIVE}; CVE-2023-51774`,
  ],
  [
    "a good token encrypted to the issuer's public key",
    'token_malformed',
    async (w) => encrypted(w, await w.good(), { cty: 'JWT' }),
    FIVE,
  ],
  [
    "an unknown signer's token encrypted to it",
    'token_malformed',
    async (w) => encrypted(w, await sign(w.stranger, w.claims()), { cty: 'JWT' }),
    FIVE,
  ],
  [
    'five parts under the header of a signed token',
    'token_malformed',
    async (w) => {
      const [h, p, s] = await w.parts();
      return [h, '', p, s, s].join('.');
    },
    FIVE,
  ],
  [
    'PBES2 with two billion rounds',
    'token_malformed',
    () =>
      partsOf(
        {
          alg: 'PBES2-HS256+A128KW',
          enc: 'A128GCM',
          kid: 'k1',
          p2s: 'c2FsdHNhbHQ',
          p2c: 2_147_483_647,
        },
        'a2V5',
        'aXY',
        'dGV4dA',
        'dGFn',
      ),
    `${DRAFT} 2.10; ${DRAFT} 3.13`,
  ],
  [
    'a decompression bomb',
    'token_malformed',
    () =>
      partsOf(
        {
          alg: 'dir',
          enc: 'A128GCM',
          kid: 'k1',
          zip: 'DEF',
        },
        '',
        'aXY',
        BOMB,
        'dGFn',
      ),
    `${DRAFT} 2.12; ${DRAFT} 3.15`,
  ],
  // Defended once each.
  [
    'PBES2 with twice the recommended rounds',
    'token_header_refused',
    (w) =>
      w.raw({
        alg: 'PBES2-HS512+A256KW',
        enc: 'A256GCM',
        kid: 'k1',
        p2s: 'c2FsdA',
        p2c: 1_200_001,
      }),
    `${DRAFT} 3.13`,
  ],
  [
    'a bomb signed by the issuer',
    'token_malformed',
    async (w) => {
      const signed = `${encode({ alg: 'RS256', kid: 'k1', zip: 'DEF' })}.${BOMB}`;
      const signature = await crypto.subtle.sign(
        'RSASSA-PKCS1-v1_5',
        w.key.privateKey,
        Buffer.from(signed),
      );
      return `${signed}.${Buffer.from(signature).toString('base64url')}`;
    },
    `${DRAFT} 2.12`,
  ],
  [
    'a good token as the payload of another',
    'token_malformed',
    async (w) => w.raw({ alg: 'RS256', kid: 'k1' }, await w.good()),
    `${DRAFT} 3.3`,
  ],
  [
    'a nested token with cty JWT',
    'token_header_refused',
    (w) => w.raw({ alg: 'RS256', kid: 'k1', typ: 'JWT', cty: 'JWT' }),
    `${DRAFT} 3.3`,
  ],
]);

type Twist = (given: { h: string; p: string; s: string; forged: string }) => string;

/**
 * Texts that are JSON to one reader and a compact token to another; all `token_malformed`. Defended
 * by canonical base64url; some also by the number of parts and the JSON inside.
 */
export const formatAttacks = attacks<MakeToken>(
  (
    [
      [
        'general JSON serialisation',
        ({ h, p, s }) =>
          JSON.stringify({ payload: p, signatures: [{ protected: h, signature: s }] }),
      ],
      [
        'general JSON with a second, forged signature',
        ({ h, p, s }) =>
          JSON.stringify({
            payload: p,
            signatures: [
              { protected: h, signature: 'AAAA' },
              { protected: h, signature: s },
            ],
          }),
      ],
      [
        'flattened JSON with an unsigned header',
        ({ p, s }) =>
          JSON.stringify({ header: { alg: 'RS256', kid: 'k1' }, payload: p, signature: s }),
      ],
      [
        'good JSON whose dots form another token',
        ({ h, p, s, forged }) =>
          JSON.stringify({ x: `.${forged}.`, protected: h, payload: p, signature: s }),
      ],
      [
        'another token in front of good JSON',
        ({ h, p, s, forged }) =>
          `${h}.${forged}.${JSON.stringify({ protected: h, payload: p, signature: s })}`,
      ],
      ['quotation marks around it', ({ h, p, s }) => `"${h}.${p}.${s}"`],
      ['braces around it', ({ h, p, s }) => `{${h}.${p}.${s}}`],
      ['a list of it', ({ h, p, s }) => `["${h}.${p}.${s}"]`],
      ['percent-encoded dots', ({ h, p, s }) => `${h}%2E${p}%2E${s}`],
      ['a trailing percent sign', ({ h, p, s }) => `${h}.${p}.${s}%`],
      ['a trailing tilde, as with disclosures', ({ h, p, s }) => `${h}.${p}.${s}~`],
      [
        'disclosures appended',
        ({ h, p, s }) => `${h}.${p}.${s}~${encode(['salt', 'roles', 'x'])}~`,
      ],
      [
        'a second token after a comma',
        ({ h, p, s, forged }) => `${h}.${p}.${s},${h}.${forged}.${s}`,
      ],
      [
        'a quotation mark inside the payload',
        ({ h, p, s }) => `${h}.${p.slice(0, 8)}"${p.slice(8)}.${s}`,
      ],
      ['a trailing zero-width space', ({ h, p, s }) => `${h}.${p}.${s}\u200b`],
      ['a leading byte order mark', ({ h, p, s }) => `\ufeff${h}.${p}.${s}`],
    ] as readonly [string, Twist][]
  ).map(([attack, twist]) => [
    attack,
    'token_malformed',
    async (w) => {
      const [h, p, s] = await w.parts();
      return twist({ h, p, s, forged: encode(w.claims({ roles: ['security-lead'] })) });
    },
    `${DRAFT} 2.13; ${DRAFT} 3.14`,
  ]),
);

const typ =
  (value: string): MakeToken =>
  (w) =>
    w.raw({ alg: 'RS256', kid: 'k1', typ: value });
const REFUSED = 'token_header_refused';

/** A type without a slash equals the type behind `application/`; no other types are equal. */
export const typeAttacks = attacks<MakeToken>(
  [
    ['the media type of a JWT', 'accepted', typ('application/jwt')],
    ['the media type of an access token', 'accepted', typ('application/at+jwt')],
    ["an access token's type in other letter case", 'accepted', typ('AT+JWT')],
    ['the media type of a DPoP proof', REFUSED, typ('application/dpop+jwt')],
    ['the media type of a security event', REFUSED, typ('application/secevent+jwt')],
    ["a logout token's type in upper case", REFUSED, typ('APPLICATION/LOGOUT+JWT')],
    ['another top-level media type', REFUSED, typ('text/jwt')],
    ['the prefix alone', REFUSED, typ('application/')],
    ['the prefix twice', REFUSED, typ('application/application/jwt')],
    ['a path after the type', REFUSED, typ('application/jwt/at+jwt')],
    ['a parameter after the type', REFUSED, typ('at+jwt;profile=x')],
    ['a trailing blank', REFUSED, typ('JWT ')],
    ['an empty type', REFUSED, typ('')],
    ["a nested token's outer type", REFUSED, typ('nested+jwt')],
  ],
  `${DRAFT} 3.11`,
);

/** Addresses and key ids chosen by an attacker. */
export const untrustedHeaderAttacks = attacks<MakeToken>(
  (
    [
      ['keys at a name that resolves to loopback', { jku: 'https://attacker.example/etc/passwd' }],
      ['keys at our own address', (w) => ({ jku: w.server.state.jwksUri })],
      ['a certificate at loopback', { x5u: 'https://127.0.0.1/cert.pem' }],
      ['a certificate at an IPv6 loopback', { x5u: 'https://[::1]/cert.pem' }],
      ['keys inside a data: address', { jku: 'data:application/json,{"keys":[]}' }],
    ] as readonly [string, object | ((w: TokenWorld) => object)][]
  ).map(([attack, extra]) => [
    attack,
    'token_header_refused',
    (w) =>
      w.raw({
        alg: 'RS256',
        kid: 'k1',
        ...(typeof extra === 'function' ? extra(w) : extra),
      }),
    `${DRAFT} 2.9; ${DRAFT} 3.10`,
  ]),
);
