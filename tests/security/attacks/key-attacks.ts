/** Responses of a provider's endpoints that must not become keys. */
import type { Answer, Claims, KeyServer, TestKey } from '../../unit/identity/kit.ts';
import { attacks } from './attack.ts';

/** The misbehaving provider, and the signing key. */
export interface KeyWorld {
  readonly server: KeyServer;
  readonly key: TestKey;
}
type MakeAnswer = (world: KeyWorld) => Answer;

/** Responds with the text as JSON. */
export const json =
  (body: string): Answer =>
  (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(body);
  };
const keys =
  (over: Claims): MakeAnswer =>
  ({ key }) =>
    json(JSON.stringify({ keys: [{ ...key.publicJwk, ...over }] }));
const bytes = (length: number) => Buffer.alloc(length, 255).toString('base64url');
const UNAVAILABLE = 'token_keys_unavailable';

/** Responses of the key endpoint; no key may be taken from them. */
export const keyDocumentAttacks = attacks<MakeAnswer>([
  [
    'a redirect to good keys',
    UNAVAILABLE,
    ({ server, key }) => {
      server.state.onDiscovery = (request, response) =>
        json(
          JSON.stringify(
            request.url === '/elsewhere'
              ? { keys: [key.publicJwk] }
              : { issuer: server.state.issuer, jwks_uri: server.state.jwksUri },
          ),
        )(request, response);
      return (_request, response) =>
        void response.writeHead(302, { location: `${server.base}/elsewhere` }).end();
    },
    'RFC 8725 2.9',
  ],
  [
    'two megabytes',
    UNAVAILABLE,
    ({ key }) =>
      json(
        JSON.stringify({
          keys: [key.publicJwk],
          padding: 'x'.repeat(2 * 1024 * 1024),
        }),
      ),
    'RFC 8725 2.9',
  ],
  [
    'an endless stream',
    UNAVAILABLE,
    () => (_request, response) => {
      response.setHeader('content-type', 'application/json');
      const more = () => {
        if (!response.destroyed) response.write(' '.repeat(65_536), () => setImmediate(more));
      };
      more();
    },
    'RFC 8725 2.9',
  ],
  [
    'HTML',
    UNAVAILABLE,
    ({ key }) =>
      (_request, response) => {
        response.setHeader('content-type', 'text/html');
        response.end(JSON.stringify({ keys: [key.publicJwk] }));
      },
    'RFC 7517 8.5',
  ],
  [
    'an error with a key set',
    UNAVAILABLE,
    ({ key }) =>
      (_request, response) => {
        response.writeHead(500, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ keys: [key.publicJwk] }));
      },
    'OpenID Connect Core 10.1.1',
  ],
  ['not JSON', UNAVAILABLE, () => json('keys'), 'RFC 7517 5'],
  ['no array of keys', UNAVAILABLE, () => json('{"keys":{}}'), 'RFC 7517 5.1'],
  ['no keys', UNAVAILABLE, () => json('{"keys":[]}'), 'RFC 7517 5.1'],
  [
    '101 keys',
    UNAVAILABLE,
    ({ key }) =>
      json(
        JSON.stringify({
          keys: Array.from({ length: 101 }, () => key.publicJwk),
        }),
      ),
    'RFC 7517 5.1',
  ],
  [
    'a broken connection',
    UNAVAILABLE,
    () => (request) => void request.socket.destroy(),
    'OpenID Connect Core 10.1.1',
  ],
  ['a key for encryption', UNAVAILABLE, keys({ use: 'enc' }), 'RFC 7517 4.2'],
  [
    'a key with operations other than verify',
    UNAVAILABLE,
    keys({ key_ops: ['encrypt'] }),
    'RFC 7517 4.3',
  ],
  ['a key with its private part', UNAVAILABLE, keys({ d: 'AQAB' }), 'RFC 7517 9.2'],
  [
    'a symmetric key',
    UNAVAILABLE,
    keys({ kty: 'oct', k: 'c2VjcmV0', n: undefined, e: undefined }),
    'RFC 8725 3.5',
  ],
  ['an RSA exponent of one', UNAVAILABLE, keys({ e: 'AQ' }), 'RFC 8725 3.4'],
  ['an even RSA exponent', UNAVAILABLE, keys({ e: 'AQAA' }), 'RFC 8725 3.4'],
  ['the only key without an id', 'accepted', keys({ kid: undefined }), 'OpenID Connect Core 10.1'],
  ['a key with an empty id', UNAVAILABLE, keys({ kid: '' }), 'RFC 7517 4.5'],
  ['a key whose id is a number', UNAVAILABLE, keys({ kid: 1 }), 'RFC 7517 4.5'],
  ['a key for a symmetric algorithm', UNAVAILABLE, keys({ alg: 'HS256' }), 'ASVS 5.0 V9.1.2'],
  ['a key for no algorithm', UNAVAILABLE, keys({ alg: 'none' }), 'ASVS 5.0 V9.1.2'],
  ['a weak RSA key', UNAVAILABLE, keys({ n: bytes(128) }), 'RFC 7518 3.3'],
  [
    'a weak RSA key with leading zeros',
    UNAVAILABLE,
    keys({ n: Buffer.concat([Buffer.alloc(200), Buffer.alloc(128, 255)]).toString('base64url') }),
    'RFC 7518 3.3',
  ],
  ['an absurdly long RSA key', UNAVAILABLE, keys({ n: bytes(1_100) }), 'RFC 8725 3.4'],
]);

/** Discovery documents that point elsewhere. */
export const discoveryAttacks = attacks<(world: KeyWorld) => void>(
  [
    [
      'a document of another issuer',
      UNAVAILABLE,
      ({ server }) => {
        server.state.issuer = 'https://attacker.example';
      },
    ],
    [
      'an issuer with an extra slash',
      UNAVAILABLE,
      ({ server }) => {
        server.state.issuer += '/';
      },
    ],
    [
      'an issuer as an array',
      UNAVAILABLE,
      ({ server }) => {
        server.state.onDiscovery = json(
          JSON.stringify({
            issuer: [server.state.issuer],
            jwks_uri: server.state.jwksUri,
          }),
        );
      },
    ],
    [
      'no issuer',
      UNAVAILABLE,
      ({ server }) => {
        server.state.onDiscovery = json(JSON.stringify({ jwks_uri: server.state.jwksUri }));
      },
    ],
    [
      'no address of the keys',
      UNAVAILABLE,
      ({ server }) => {
        server.state.jwksUri = '';
      },
      'OpenID Connect Discovery 3',
    ],
    [
      'keys at a file: address',
      UNAVAILABLE,
      ({ server }) => {
        server.state.jwksUri = 'file:///etc/passwd';
      },
      'RFC 8725 2.9',
    ],
    [
      'keys at a data: address',
      UNAVAILABLE,
      ({ server, key }) => {
        server.state.jwksUri = `data:application/json,${encodeURIComponent(
          JSON.stringify({
            keys: [key.publicJwk],
          }),
        )}`;
      },
      'RFC 8725 2.9',
    ],
    [
      'keys at an address with a password',
      UNAVAILABLE,
      ({ server }) => {
        server.state.jwksUri = server.state.jwksUri.replace('//', '//user:secret@');
      },
      'RFC 8725 2.9',
    ],
    [
      'a redirect',
      UNAVAILABLE,
      ({ server }) => {
        server.state.onDiscovery = (_request, response) =>
          void response.writeHead(301, { location: `${server.base}/other` }).end();
      },
      'OpenID Connect Discovery 4.2',
    ],
  ],
  'OpenID Connect Discovery 4.3; ASVS 5.0 V10.5.3',
);
