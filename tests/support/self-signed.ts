import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/**
 * Creates a key and a self-signed certificate as PEM (RFC 5280 4.1, version 1). Each run creates
 * new ones, so that the repository contains no private key.
 */
export function selfSigned(name = 'double'): { key: string; cert: string } {
  const { key, cert } = authority(name);
  return { key, cert };
}

/** A private certificate authority: its certificate, and certificates for servers. */
export function privateAuthority(): {
  readonly cert: string;
  /** A certificate for host names and IPv4 addresses (RFC 5280 4.2.1.6). */
  issue(...names: string[]): { key: string; cert: string };
} {
  const { cert, signed, who } = authority('a private authority');
  return {
    cert,
    issue(...names) {
      const { privateKey, publicKey } = newKey();
      const general = names.map((name) =>
        isIP(name) === 4
          ? tagged(0x87, Buffer.from(name.split('.').map(Number)))
          : tagged(0x82, Buffer.from(name)),
      );
      const extension = sequence(SUBJECT_ALT_NAME, tagged(0x04, sequence(...general)));
      const content = sequence(
        tagged(0xa0, tagged(0x02, Buffer.from([2]))),
        tagged(0x02, randomBytes(8).fill(1, 0, 1)),
        ECDSA_WITH_SHA256,
        who,
        TIMES,
        nameOf('server'),
        publicKey.export({ type: 'spki', format: 'der' }),
        tagged(0xa3, sequence(extension)),
      );
      return { key: pem(privateKey), cert: signed(content) };
    },
  };
}

function authority(name: string) {
  const { privateKey, publicKey } = newKey();
  const who = nameOf(name);
  const content = sequence(
    tagged(0x02, Buffer.from([1])),
    ECDSA_WITH_SHA256,
    who,
    TIMES,
    who,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signed = (bytes: Buffer) => {
    const signature = sign('sha256', bytes, privateKey);
    const der = sequence(
      bytes,
      ECDSA_WITH_SHA256,
      tagged(0x03, Buffer.concat([Buffer.from([0]), signature])),
    );
    const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
    return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  };
  return { key: pem(privateKey), cert: signed(content), signed, who };
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject) => String(key.export({ type: 'pkcs8', format: 'pem' }));

/** A DER value of less than 64 KiB. */
function tagged(tag: number, body: Buffer): Buffer {
  const { length } = body;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), body]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function nameOf(name: string): Buffer {
  return sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(name)))));
}

/** 2.5.4.3, 2.5.29.17 and 1.2.840.10045.4.3.2 */
const COMMON_NAME = tagged(0x06, Buffer.from([0x55, 0x04, 0x03]));
const SUBJECT_ALT_NAME = tagged(0x06, Buffer.from([0x55, 0x1d, 0x11]));
const ECDSA_WITH_SHA256 = sequence(
  tagged(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])),
);
const TIMES = sequence(
  ...['000101000000Z', '491231235959Z'].map((time) => tagged(0x17, Buffer.from(time))),
);
