import { sha256 } from '../../lib/hash.ts';
import { Lru } from '../../lib/lru.ts';
import type { ChannelTokens } from '../../usecases/ports/channel-tokens.ts';
import { identityError } from '../codes.ts';
import { MAX_TOKEN_CHARACTERS, parseCompact } from './compact.ts';
import { KeySource } from '../issuer-keys/jwks.ts';
import type { VerificationKey } from '../issuer-keys/key-document.ts';
import { providerFetch } from '../providers.ts';
import type { IdentityParts } from '../providers.ts';
import { checkAudience } from './audience.ts';
import { checkTimes, textClaim } from './registered-claims.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { own } from '../../lib/strict-json.ts';
import { checkWithKey } from './verify-token.ts';

const TOLERANCE_MS = 5 * 60_000;
const REMEMBERED = 1_000;

interface Remembered {
  readonly claims: JsonObject;
  readonly key: VerificationKey;
}

/**
 * Verifies the tokens that Bot Framework sends with activities: its own issuer only (never a
 * tenant's, as the emulator uses), RS256, the bot's app id as the single audience, an expiry and a
 * service URL.
 *
 * Teams reuses a token for about an hour, so the last 1,000 good signatures are cached by the
 * token's hash. Times and the key's presence in the key set are checked at every use.
 */
export function createChannelTokens(parts: IdentityParts): ChannelTokens {
  const { teams } = parts.config;
  const keys = new KeySource({
    name: 'bot-framework',
    discoveryUrl: teams.cloud.metadataUrl,
    issuers: [teams.cloud.issuer],
    clock: parts.clock,
    log: parts.log,
    fetch: providerFetch(parts),
  });
  const seen = new Lru<Remembered>(REMEMBERED);
  const audiences = new Set([teams.appId]);
  const check = async (text: string): Promise<Remembered> => {
    const token = parseCompact(text);
    if (token.typ !== null && token.typ !== 'jwt') {
      throw identityError('token_header_refused', { about: 'typ' });
    }
    if (own(token.claims, 'iss') !== teams.cloud.issuer) {
      throw identityError('token_issuer_unknown');
    }
    if (token.alg !== 'RS256') throw identityError('token_algorithm_refused');
    const key = await keys.find(token);
    // Bot Framework names its keys, and each has endorsements of its own.
    if (token.kid === null || key.kid !== token.kid) throw identityError('token_key_unknown');
    await checkWithKey(token, key);
    checkAudience(token.claims, { accepted: audiences });
    return { claims: token.claims, key };
  };
  const isPublished = async (key: VerificationKey) =>
    (await keys.find({ kid: key.kid, alg: 'RS256' })) === key;
  return {
    async verify(text) {
      if (text.length > MAX_TOKEN_CHARACTERS) throw identityError('token_too_large');
      const id = sha256(text);
      const known = seen.get(id);
      const trusted = known !== undefined && (await isPublished(known.key));
      const { claims, key } = trusted ? known : await check(text);
      checkTimes(claims, { now: parts.clock.now(), toleranceMs: TOLERANCE_MS, maxAgeMs: null });
      const serviceUrl = textClaim(claims, 'serviceurl');
      if (serviceUrl === null) throw identityError('channel_service_url_missing');
      if (!trusted) seen.set(id, { claims, key });
      return { serviceUrl, endorsements: key.endorsements };
    },
  };
}
