import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import { CHECKPOINT_TYPE, verifierOfJwks } from '../../../src/audit/checkpoint-verifier.ts';

const { privateKey, publicKey } = await generateKeyPair('ES256');
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1' }] });
const statement = { origin: 'tests/log', size: 1, root: 'r', at: 2 };
const sign = (typ: string, kid = 'k1', key = privateKey) =>
  new CompactSign(Buffer.from(JSON.stringify(statement)))
    .setProtectedHeader({ alg: 'ES256', kid, typ })
    .sign(key);

describe('the verification with published keys', () => {
  const verify = verifierOfJwks(jwks);

  test('accepts a checkpoint of a published key', async () => {
    expect(await verify(await sign(CHECKPOINT_TYPE))).toEqual(statement);
  });

  test('rejects another statement of the same key', async () => {
    await expect(verify(await sign('countersign-receipt+jwt'))).rejects.toThrow('another type');
  });

  test('rejects another key, an invalid signature and text that is not a JWS', async () => {
    const other = await generateKeyPair('ES256');
    const good = await sign(CHECKPOINT_TYPE);
    for (const jws of [
      await sign(CHECKPOINT_TYPE, 'k1', other.privateKey),
      await sign(CHECKPOINT_TYPE, 'k2'),
      good.replace(/.{6}$/, 'AAAAAA'),
      good.slice(0, 40),
      '',
    ]) {
      await expect(verify(jws)).rejects.toThrow();
    }
  });

  test.each(['', 'null', '[]', '{}', '{"keys":7}'])('rejects the keys "%s"', (text) => {
    expect(() => verifierOfJwks(text)).toThrow();
  });
});
