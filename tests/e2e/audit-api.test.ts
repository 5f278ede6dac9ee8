import { createHash } from 'node:crypto';
import { verifierOfJwks } from '../../src/audit/checkpoint-verifier.ts';
import { decodeHash, emptyRoot } from '../../src/audit/merkle.ts';
import { verifyConsistency, verifyInclusion } from '../../src/audit/proofs.ts';
import { eventually } from '../../src/local/find.ts';
import type { Json } from '../../src/local/world.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import { DEPLOYMENT, api, askByApi } from '../support/people-at-work.ts';

interface Entry {
  readonly index: number;
  readonly eventId: string;
  readonly hash: string;
  readonly body: string;
}

let world: LocalWorld;
let size = 0;
const get = (path: string, as = 'ingrid') => api(world, `/v1/audit/${path}`, { as });
const hashOf = (text: unknown) => decodeHash(String(text)) ?? emptyRoot();
const proofOf = ({ body }: { body: Json }) => (body['proof'] as string[]).map(hashOf);
const rows = () => world.database.rows('SELECT size, root FROM audit_checkpoints ORDER BY size');

beforeAll(async () => {
  world = await startWorld();
  world.people.find(({ id }) => id === 'ingrid')?.roles.push('auditor');
  for (let at = 0; at < 3; at += 1) {
    const before = (await rows()).length;
    await askByApi(world, 'mia', { ...DEPLOYMENT, reason: `Reason ${at}` });
    await eventually('another checkpoint', async () => (await rows()).length > before);
  }
  size = Number((await get('checkpoint')).body['size']);
});
afterAll(() => world?.stop());

test('the checkpoint is signed by the published keys', async () => {
  const { status, body } = await get('checkpoint');
  expect(status).toBe(200);
  const jwks = await (await fetch(`${world.url}/.well-known/jwks.json`)).text();
  const signed = await verifierOfJwks(jwks)(String(body['jws']));
  expect(signed).toMatchObject({ size: body['size'], root: body['root'] });
  expect(new Date(Number(signed['at'])).toISOString()).toBe(body['at']);
});

test('entries are the stored bytes, in pages, and hold no personal value', async () => {
  const found: Entry[] = [];
  for (let from: number | null = 0; from !== null;) {
    const { status, body } = await get(`entries?from=${from}&limit=2`);
    expect(status).toBe(200);
    const page = body['entries'] as Entry[];
    expect(page.length).toBeLessThanOrEqual(2);
    found.push(...page);
    from = body['next'] as number | null;
  }
  expect(found.length).toBeGreaterThanOrEqual(size);
  expect(found.map(({ index }) => index)).toEqual(found.map((_, index) => index));
  for (const { body, hash } of found) {
    const leaf = createHash('sha256').update(Uint8Array.of(0)).update(body).digest('base64url');
    expect(leaf).toBe(hash);
  }
  expect(JSON.stringify(found)).not.toMatch(/Reason 1|Mia/);
});

test('each leaf is proven to be in the tree of the checkpoint', async () => {
  const [row] = (await rows()).slice(-1);
  const last = Number(row?.['size']);
  for (let index = 0; index < last; index += 1) {
    const answer = await get(`proofs/inclusion?index=${index}&size=${last}`);
    const leaf = hashOf(answer.body['leaf']);
    const given = { index, size: last, leaf, root: hashOf(row?.['root']), proof: proofOf(answer) };
    expect(verifyInclusion(given)).toBe(true);
    expect(verifyInclusion({ ...given, leaf: emptyRoot() })).toBe(false);
  }
});

test('each checkpoint is proven to extend those before it', async () => {
  const all = (await rows()).map((row) => ({
    size: Number(row['size']),
    root: hashOf(row['root']),
  }));
  expect(all.length).toBeGreaterThan(2);
  for (const earlier of all) {
    for (const later of all.filter((one) => one.size >= earlier.size)) {
      const path = `proofs/consistency?from=${earlier.size}&to=${later.size}`;
      const proof = proofOf(await get(path));
      const given = { earlier: earlier.size, earlierRoot: earlier.root, ...later, proof };
      expect(verifyConsistency(given)).toBe(true);
    }
  }
});

test('a range that the log does not have is a clear error', async () => {
  for (const path of [
    'proofs/inclusion?index=5&size=5',
    'proofs/inclusion?index=0&size=9999',
    'proofs/consistency?from=0&to=1',
    'proofs/consistency?from=2&to=1',
    'proofs/consistency?from=1&to=9999',
    'proofs/inclusion?index=-1&size=1',
    'entries?limit=501',
  ]) {
    const { status, body } = await get(path);
    expect([path, status, body['code']]).toEqual([path, 400, 'query_invalid']);
  }
});

test('only auditors read it', async () => {
  for (const path of [
    'checkpoint',
    'entries',
    'proofs/inclusion?index=0&size=1',
    'proofs/consistency?from=1&to=1',
  ]) {
    const { status, body } = await get(path, 'mia');
    expect([path, status, body['code']]).toEqual([path, 403, 'not_auditor']);
  }
});
