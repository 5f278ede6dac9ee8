/** The keys of the channel, their publication, and the tokens of activities. */
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { CryptoKey } from 'jose';
import { systemIds } from '../../lib/ids.ts';
import { defined } from '../loopback.ts';
import type { ChannelTokenOptions, ConnectorSettings } from './types.ts';

const TOKEN_SECONDS = 3_600;
const REUSE_MS = 1_800_000;

/** A signing key with its published part. */
export interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly kid: string;
  readonly published: JWK & { readonly endorsements?: readonly string[] };
}

/** Creates an RS256 key; `endorsements` are the channels for which it may sign. */
export async function newKeyPair(endorsements?: readonly string[]): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { modulusLength: 2048 });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  const published = { ...jwk, use: 'sig', kid, x5t: kid.slice(0, 27) };
  if (endorsements === undefined) return { privateKey, kid, published };
  return { privateKey, kid, published: { ...published, endorsements } };
}

/** Issues the tokens of the channel. */
export interface Channel {
  /** The published keys (RFC 7517): one endorsed for Teams, one for web chat only. */
  jwks(): { keys: JWK[] };
  /** A token for the next activity; reused for half an hour, as the real one is. */
  current(): Promise<string>;
  mint(options?: ChannelTokenOptions): Promise<string>;
  rotate(): Promise<void>;
}

/** Creates the keys. */
export async function openChannel(parts: ConnectorSettings): Promise<Channel> {
  const newKeys = async () => {
    const [channel, unendorsed] = await Promise.all([
      newKeyPair(['msteams', 'skype']),
      newKeyPair(['webchat']),
    ]);
    return { channel, unendorsed };
  };
  let keys = await newKeys();
  let kept: { token: Promise<string>; untilMs: number } | undefined;
  const mint = async (options: ChannelTokenOptions = {}) => {
    const pair = options.key === 'unendorsed' ? keys.unendorsed : keys.channel;
    const named = options.key === undefined || typeof options.key === 'string';
    const header = defined({ alg: 'RS256', typ: 'JWT', kid: pair.kid, ...options.header });
    const nowSeconds = Math.floor(parts.now() / 1_000);
    const claims = defined({
      serviceurl: parts.serviceUrl,
      nbf: nowSeconds - 300,
      exp: nowSeconds + TOKEN_SECONDS,
      iss: parts.issuer,
      aud: parts.appId,
      jti: systemIds.secret(12),
      ...options.claims,
    });
    return new SignJWT(claims)
      .setProtectedHeader({ ...header, alg: String(header.alg) })
      .sign(named ? pair.privateKey : (options.key as CryptoKey | Uint8Array));
  };
  return {
    jwks: () => ({ keys: [keys.channel.published, keys.unendorsed.published] }),
    current() {
      const nowMs = parts.now();
      const fresh = kept !== undefined && nowMs < kept.untilMs && nowMs >= kept.untilMs - REUSE_MS;
      if (kept === undefined || !fresh) kept = { token: mint(), untilMs: nowMs + REUSE_MS };
      return kept.token;
    },
    mint,
    async rotate() {
      keys = await newKeys();
      kept = undefined;
    },
  };
}
