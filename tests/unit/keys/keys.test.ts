import { createLocalJWKSet, compactVerify, decodeProtectedHeader } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { createKeys } from '../../../src/keys/keys.ts';
import type { Keys } from '../../../src/keys/keys.ts';
import type { KeyStore } from '../../../src/usecases/ports/key-store.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import { openSqlite } from '../../store/open-sqlite.ts';
import { codeOf, turnableClock } from '../identity/kit.ts';

const secret = 'a signing secret that is long enough for anybody';
const clock = turnableClock();
let opened: Awaited<ReturnType<typeof openSqlite>>;
let store: Store;
let keys: Keys;

beforeAll(async () => {
  opened = await openSqlite({ clock });
  store = opened.store;
  keys = await createKeys({ store, secret, clock });
});
afterAll(() => opened.cleanup());

const TYP = 'countersign-receipt+jwt';

describe('statements', () => {
  test('verify and return the signed claims', async () => {
    const jws = await keys.sign('receipts', { request: 'req_1', n: 1 }, TYP);
    expect(decodeProtectedHeader(jws)).toMatchObject({ alg: 'ES256', typ: TYP });
    expect(await keys.verify('receipts', jws, TYP)).toEqual({ request: 'req_1', n: 1 });
  });

  test('verify with the published keys alone', async () => {
    const jws = await keys.sign('receipts', { request: 'req_1' }, TYP);
    const published = createLocalJWKSet(keys.publicJwks() as JSONWebKeySet);
    const { payload } = await compactVerify(jws, published);
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ request: 'req_1' });
  });

  test('of one purpose are invalid for another', async () => {
    const jws = await keys.sign('receipts', {}, TYP);
    expect(await codeOf(keys.verify('grants', jws, TYP))).toBe('statement_invalid');
    expect(await codeOf(keys.verify('checkpoints', jws, TYP))).toBe('statement_invalid');
  });

  test('of another type are rejected', async () => {
    const jws = await keys.sign('receipts', {}, TYP);
    expect(await codeOf(keys.verify('receipts', jws, 'other'))).toBe('statement_invalid');
  });

  test.each([
    ['nothing', () => ''],
    ['rubbish', () => 'a.b.c'],
    [
      'a changed payload',
      (jws: string) => {
        const [header, , signature] = jws.split('.');
        return `${header}.${Buffer.from('{"a":2}').toString('base64url')}.${signature}`;
      },
    ],
    [
      'alg none',
      (jws: string) => {
        const { kid } = decodeProtectedHeader(jws);
        const header = Buffer.from(JSON.stringify({ alg: 'none', kid, typ: TYP }));
        return `${header.toString('base64url')}.${jws.split('.')[1]}.`;
      },
    ],
    ['a megabyte of text', () => 'a'.repeat(1_000_000)],
  ])('rejects %s', async (_name, twist) => {
    const jws = await keys.sign('receipts', { a: 1 }, TYP);
    expect(await codeOf(keys.verify('receipts', twist(jws), TYP))).toBe('statement_invalid');
  });
});

describe('the published keys', () => {
  test('are one for each purpose, with its id, and without a private part', () => {
    const { keys: all } = keys.publicJwks();
    expect(all).toHaveLength(3);
    for (const jwk of all) {
      expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
    expect(keys.publicJwks('receipts').keys).toHaveLength(1);
    expect(new Set(all.map(({ kid }) => kid)).size).toBe(3);
  });
});

describe('storage', () => {
  test('contains no private key in plain text', async () => {
    const [stored] = await store.listKeys('receipts');
    expect(decodeProtectedHeader(stored?.encrypted ?? '')).toMatchObject({
      alg: 'dir',
      enc: 'A256GCM',
      kid: expect.stringMatching(/^[\w-]{12}$/),
    });
    expect(stored?.encrypted).not.toContain('"d"');
  });

  test('gives a second start and a second replica the same keys', async () => {
    const again = await createKeys({ store, secret, clock });
    expect(again.publicJwks()).toEqual(keys.publicJwks());
    const jws = await keys.sign('grants', { a: 1 }, TYP);
    expect(await again.verify('grants', jws, TYP)).toEqual({ a: 1 });
    expect(again.mac('wait-tokens', 'x')).toBe(keys.mac('wait-tokens', 'x'));
  });

  test('gives eight replicas that start at once the same keys', async () => {
    const fresh = await openSqlite({ clock });
    try {
      const all = await Promise.all(
        Array.from({ length: 8 }, () => createKeys({ store: fresh.store, secret, clock })),
      );
      expect(new Set(all.map((each) => JSON.stringify(each.publicJwks()))).size).toBe(1);
      expect(await fresh.store.listKeys('receipts')).toHaveLength(1);
    } finally {
      await fresh.cleanup();
    }
  });

  test('reports another secret at the start', async () => {
    await expect(createKeys({ store, secret: `${secret}!`, clock })).rejects.toMatchObject({
      code: 'signing_secret_wrong',
      message: expect.stringContaining('signing.secret'),
    });
  });

  test('rejects a short secret', async () => {
    expect(await codeOf(createKeys({ store, secret: 'x'.repeat(31), clock }))).toBe(
      'signing_secret_short',
    );
  });

  test('rejects rows that were swapped', async () => {
    const [other] = await store.listKeys('grants');
    const swapped = (change: object): KeyStore => ({
      addFirstKey: () => Promise.resolve(false),
      listKeys: async (purpose) =>
        (await store.listKeys(purpose)).map((row) => ({ ...row, ...change })),
    });
    const start = (change: object) => codeOf(createKeys({ store: swapped(change), secret, clock }));
    expect(await start({ encrypted: other?.encrypted })).toBe('signing_secret_wrong');
    expect(await start({ id: 'another' })).toBe('signing_key_unusable');
  });
});

/** Replaces one character of base64url by another one. */
const changedAt = (at: number) => (text: string) =>
  `${text.slice(0, at)}${text.at(at) === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;

describe('encrypted texts', () => {
  test('decrypt to the original', async () => {
    const encrypted = await keys.encrypt('stored-secrets', 'größe 🔑');
    expect(encrypted).not.toContain('größe');
    expect(await keys.decrypt('stored-secrets', encrypted)).toBe('größe 🔑');
  });

  test('differ for equal originals', async () => {
    const encrypt = () => keys.encrypt('stored-secrets', 'x');
    expect(await encrypt()).not.toBe(await encrypt());
  });

  test.each([
    ['changed', changedAt(-30)],
    ['with a shorter tag', (encrypted: string) => encrypted.slice(0, -16)],
    ['empty', () => ''],
    ['unencrypted', () => 'hello'],
  ])('are rejected %s', async (_name, twist) => {
    const encrypted = await keys.encrypt('stored-secrets', 'hello');
    expect(await codeOf(keys.decrypt('stored-secrets', twist(encrypted)))).toBe(
      'ciphertext_invalid',
    );
  });

  test('cannot be replaced by a stored key', async () => {
    const [stored] = await store.listKeys('receipts');
    expect(await codeOf(keys.decrypt('stored-secrets', stored?.encrypted ?? ''))).toBe(
      'ciphertext_invalid',
    );
  });
});

test('keyed hashes differ by text', () => {
  expect(keys.mac('wait-tokens', 'req_1')).toMatch(/^[\w-]{43}$/);
  expect(keys.mac('wait-tokens', 'req_1')).not.toBe(keys.mac('wait-tokens', 'req_2'));
});
