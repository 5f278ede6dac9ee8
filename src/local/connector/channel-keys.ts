/** The keys of the channel, their publication, and the tokens of activities. */
import type { JWK } from 'jose';
import { systemIds } from '../../lib/ids.ts';
import { newKey, sign } from '../signing.ts';
import type { ChannelTokenOptions, ConnectorSettings } from './types.ts';

const TOKEN_SECONDS = 3_600;
const REUSE_MS = 1_800_000;

/** Issues the tokens of the channel. */
export type Channel = Awaited<ReturnType<typeof openChannel>>;

/** Creates the keys. */
export async function openChannel(parts: ConnectorSettings) {
  const newKeys = async () => {
    const [channel, unendorsed] = await Promise.all([newKey(), newKey()]);
    return { channel, unendorsed };
  };
  let keys = await newKeys();
  let kept: { token: Promise<string>; untilMs: number } | undefined;
  const mint = ({ claims, header, key }: ChannelTokenOptions = {}) => {
    const nowSeconds = Math.floor(parts.now() / 1_000);
    return sign(key === 'unendorsed' ? keys.unendorsed : keys.channel, {
      claims: {
        serviceurl: parts.serviceUrl,
        nbf: nowSeconds - 300,
        exp: nowSeconds + TOKEN_SECONDS,
        iss: parts.issuer,
        aud: parts.appId,
        jti: systemIds.secret(12),
        ...claims,
      },
      header,
      key: typeof key === 'string' ? undefined : key,
    });
  };
  return {
    /** The published keys (RFC 7517): one endorsed for Teams, one for web chat only. */
    jwks: () => ({
      keys: [
        published(keys.channel, ['msteams', 'skype']),
        published(keys.unendorsed, ['webchat']),
      ],
    }),
    /** A token for the next activity; reused for half an hour, as the real one is. */
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

// `endorsements` are the channels for which the key may sign.
function published({ kty, n, e, kid = '' }: JWK, endorsements: readonly string[]) {
  return { kty, n, e, use: 'sig', kid, x5t: kid.slice(0, 27), endorsements };
}
