import { generateKeyPairSync, sign } from 'node:crypto';

/**
 * Creates a key and a self-signed certificate as PEM (RFC 5280 4.1, version 1). Each run creates
 * new ones, so that the repository contains no private key.
 */
export function selfSigned(name = 'double'): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const who = sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(name)))));
  const times = sequence(
    ...['000101000000Z', '491231235959Z'].map((time) => tagged(0x17, Buffer.from(time))),
  );
  const content = sequence(
    tagged(0x02, Buffer.from([1])),
    ECDSA_WITH_SHA256,
    who,
    times,
    who,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', content, privateKey);
  const der = sequence(
    content,
    ECDSA_WITH_SHA256,
    tagged(0x03, Buffer.concat([Buffer.from([0]), signature])),
  );
  const lines =
    der
      .toString('base64')
      .match(/.{1,64}/g)
      ?.join('\n') ?? '';
  return {
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

/** A DER value of less than 64 KiB. */
function tagged(tag: number, body: Buffer): Buffer {
  const { length } = body;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), body]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

/** 2.5.4.3 and 1.2.840.10045.4.3.2 */
const COMMON_NAME = tagged(0x06, Buffer.from([0x55, 0x04, 0x03]));
const ECDSA_WITH_SHA256 = sequence(
  tagged(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])),
);
