/** The assertion of our client (private_key_jwt, RFC 7523), as providers want it. */
import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Config } from '../../../src/config/config.ts';
import { clientAuthOf } from '../../../src/identity/sign-in/client-auth.ts';

type SignIn = NonNullable<Config['teams']['signIn']>;

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const document = {
  issuer: 'https://id.example/v2.0',
  token_endpoint: 'https://id.example/oauth2/v2.0/token',
};

async function assertionOf(
  entra: boolean,
  key: Partial<NonNullable<SignIn['clientKey']>> = {},
): Promise<string> {
  const signIn: SignIn = {
    issuer: 'entra',
    clientId: 'countersign',
    clientSecret: null,
    scopes: ['openid'],
    clientAuth: 'private_key_jwt',
    clientKey: {
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      keyId: null,
      thumbprintSha256: null,
      algorithm: null,
      audience: null,
      ...key,
    },
  };
  const body = new URLSearchParams();
  const client = { client_id: 'countersign' };
  // The library awaits it, although its type says that it returns nothing.
  await (clientAuthOf(signIn, { document, entra })(
    document,
    client,
    body,
    new Headers(),
  ) as unknown);
  expect(body.get('client_secret')).toBeNull();
  expect(body.get('client_assertion_type')).toBe(
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  );
  return body.get('client_assertion') ?? '';
}

test('names the certificate and the token endpoint at Entra', async () => {
  const assertion = await assertionOf(true, { thumbprintSha256: 'ab'.repeat(32) });
  expect(decodeProtectedHeader(assertion)).toMatchObject({
    alg: 'RS256',
    'x5t#S256': Buffer.from('ab'.repeat(32), 'hex').toString('base64url'),
  });
  const { payload } = await jwtVerify(assertion, publicKey);
  expect(payload).toMatchObject({
    iss: 'countersign',
    sub: 'countersign',
    aud: document.token_endpoint,
    jti: expect.any(String),
    exp: expect.any(Number),
  });
});

test('is for the issuer elsewhere, with the id of the key', async () => {
  const assertion = await assertionOf(false, { keyId: 'key-1', algorithm: 'PS256' });
  expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: 'PS256', kid: 'key-1' });
  expect(decodeJwt(assertion).aud).toBe(document.issuer);
});

test('is new at each use, and lives for minutes', async () => {
  const [one, two] = [decodeJwt(await assertionOf(true)), decodeJwt(await assertionOf(true))];
  expect(one.jti).not.toBe(two.jti);
  expect((one.exp ?? Infinity) - (one.iat ?? 0)).toBeLessThanOrEqual(300);
});

const LISTED = 'token_endpoint_auth_methods_supported';

test.each([
  ['basic by name', 'basic', ['client_secret_post'], 'header'],
  ['post by name', 'post', ['client_secret_basic'], 'body'],
  [
    'basic where the provider lists it',
    null,
    ['client_secret_post', 'client_secret_basic'],
    'header',
  ],
  ['post where the provider does not list basic', null, ['client_secret_post'], 'body'],
  ['basic where the provider lists nothing', null, undefined, 'header'],
] as const)('a secret is sent as %s', async (_what, clientAuth, methods, place) => {
  const signIn: SignIn = {
    issuer: 'entra',
    clientId: 'countersign',
    clientSecret: 'a-secret',
    scopes: ['openid'],
    clientAuth,
    clientKey: null,
  };
  const body = new URLSearchParams();
  const headers = new Headers();
  const listed = methods === undefined ? document : { ...document, [LISTED]: methods };
  const prove = clientAuthOf(signIn, { document: listed, entra: false });
  await (prove(document, { client_id: 'countersign' }, body, headers) as unknown);
  const sent = {
    header: [/^Basic /.test(headers.get('authorization') ?? ''), body.has('client_secret')],
    body: [headers.has('authorization'), body.get('client_secret') === 'a-secret'],
  };
  expect(sent[place]).toEqual(place === 'header' ? [true, false] : [false, true]);
});
