import type { Clock } from '../../lib/clock.ts';
import { describeError } from '../../lib/logger.ts';
import type { Logger } from '../../lib/logger.ts';
import { Lru } from '../../lib/lru.ts';
import { joinedKey } from '../../lib/joined-key.ts';
import { JWKS_TYPES, fetchJson } from '../../net/bounded-fetch.ts';
import type { Fetch } from '../../net/bounded-fetch.ts';
import { identityError } from '../codes.ts';
import type { CompactToken } from '../tokens/compact.ts';
import { discover } from './discovery.ts';
import type { ProviderMetadata } from './discovery.ts';
import { NO_KEYS, keyFor, readKeyDocument } from './key-document.ts';
import type { KeySet, VerificationKey } from './key-document.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** When keys are fetched; all in ms. */
export const KEY_TIMES = {
  /** Older keys are fetched again in the background when one of them is used. */
  refreshMs: 10 * MINUTE_MS,
  /** Older keys are fetched before use, unless the provider is known to be down. */
  reviewMs: HOUR_MS,
  /** Unknown key ids cause at most one extra fetch in this time. */
  extraMs: 5 * MINUTE_MS,
  /** An unknown key id is not looked up again within this time. */
  missingMs: HOUR_MS,
  /** How long keys are trusted while the provider is down: a weekend's outage. */
  staleMs: 72 * HOUR_MS,
  /** Discovery documents change rarely: read again after this, or when keys fail. */
  metadataMs: 24 * HOUR_MS,
  backoffMs: 2_000,
  maxBackoffMs: 5 * MINUTE_MS,
} as const;

const REMEMBERED_MISSING = 1_000;

/** What a token's header says of its key. */
export type WantedKey = Pick<CompactToken, 'kid' | 'alg'>;

interface KeySourceOptions {
  readonly name: string;
  readonly discoveryUrl: string;
  /** The issuers that the discovery document may name, exactly. */
  readonly issuers: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Already bounded in time and size. */
  readonly fetch: Fetch;
}

/**
 * A cache of a provider's keys that survives floods and outages. Fetches are shared and retried
 * with a delay (2 s to 5 min), unknown key ids cause at most one extra fetch in five minutes, and
 * known keys outlive an outage of three days. jose's remote key set has no delay after a failed
 * fetch, loses its keys when the provider is down, and reads responses of any size.
 */
export class KeySource {
  readonly #options: KeySourceOptions;
  readonly #missing = new Lru<number>(REMEMBERED_MISSING);
  #keys: KeySet = NO_KEYS;
  #metadata: ProviderMetadata | undefined;
  #metadataAt = -Infinity;
  #fetchedAt = -Infinity;
  #extraAt = -Infinity;
  #failures = 0;
  #retryAt = -Infinity;
  #running: Promise<void> | undefined;

  constructor(options: KeySourceOptions) {
    this.#options = options;
  }

  /**
   * The key of a token: at once if known, else after a fetch where one is allowed.
   *
   * @throws IdentityError `token_key_unknown`, `token_key_ambiguous`, `token_keys_unavailable`.
   */
  find(wanted: WantedKey): VerificationKey | Promise<VerificationKey> {
    const now = this.#options.clock.now();
    const age = now - this.#fetchedAt;
    const key = age < KEY_TIMES.staleMs ? keyFor(this.#keys, wanted) : 'none';
    if (typeof key === 'string') return this.#lookUp(wanted, now);
    if (age < KEY_TIMES.refreshMs) return key;
    if (age >= KEY_TIMES.reviewMs && this.#failures === 0) return this.#lookUp(wanted, now);
    if (now >= this.#retryAt) void this.#refresh();
    return key;
  }

  /**
   * The key of a token whose signature does not fit a key that was found without an id: the provider
   * may have another one now. Undefined where nothing may be fetched or nothing is new.
   */
  async findNewer(wanted: WantedKey, than: VerificationKey): Promise<VerificationKey | undefined> {
    if (wanted.kid !== null && than.kid !== null) return undefined;
    const now = this.#options.clock.now();
    if (now < this.#retryAt || !this.#takeExtra(now)) return undefined;
    await this.#refresh();
    const key = keyFor(this.#keys, wanted);
    return typeof key === 'string' || key === than ? undefined : key;
  }

  /** The provider's discovery document. @throws IdentityError `token_keys_unavailable`. */
  async metadata(): Promise<ProviderMetadata> {
    const mayFetch = this.#running || this.#options.clock.now() >= this.#retryAt;
    if (this.#metadata === undefined && mayFetch) await this.#refresh();
    if (this.#metadata === undefined) throw identityError('token_keys_unavailable');
    return this.#metadata;
  }

  /**
   * The scheduled refresh: fetches keys that are in use and old, outside the retry delay. A
   * rotation is found this way even while unknown key ids flood the service.
   */
  async keepFresh(): Promise<void> {
    const now = this.#options.clock.now();
    // Fetch nothing for a provider without any token so far.
    const asked = this.#fetchedAt !== -Infinity || this.#failures > 0;
    if (!asked || now < this.#retryAt) return;
    if (now - this.#fetchedAt >= KEY_TIMES.refreshMs) await this.#refresh();
  }

  async #lookUp(wanted: WantedKey, now: number): Promise<VerificationKey> {
    const name = joinedKey(wanted.kid, wanted.alg);
    if (this.#mayFetch(name, now)) await this.#refresh();
    const stale = this.#options.clock.now() - this.#fetchedAt >= KEY_TIMES.staleMs;
    if (stale) throw identityError('token_keys_unavailable');
    const key = keyFor(this.#keys, wanted);
    if (typeof key !== 'string') return key;
    this.#missing.set(name, now);
    throw identityError(key === 'several' ? 'token_key_ambiguous' : 'token_key_unknown');
  }

  #mayFetch(name: string, now: number): boolean {
    if (this.#running !== undefined) return true;
    if (now < this.#retryAt) return false;
    if (now - this.#fetchedAt >= KEY_TIMES.refreshMs) return true;
    if (now - (this.#missing.get(name) ?? -Infinity) < KEY_TIMES.missingMs) return false;
    return this.#takeExtra(now);
  }

  /** Whether a fetch out of turn is allowed now; then no other one is for a while. */
  #takeExtra(now: number): boolean {
    if (now - this.#extraAt < KEY_TIMES.extraMs) return false;
    this.#extraAt = now;
    return true;
  }

  /** One fetch at a time. A failure is counted and logged, never thrown. */
  #refresh(): Promise<void> {
    this.#running ??= this.#load().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #load(): Promise<void> {
    const { clock, fetch, log, name } = this.#options;
    try {
      const { jwks_uri: url } = await this.#discover();
      this.#keys = readKeyDocument(await fetchJson(fetch, url, JWKS_TYPES), this.#keys);
      this.#fetchedAt = clock.now();
      this.#failures = 0;
      this.#retryAt = -Infinity;
    } catch (error) {
      const { backoffMs, maxBackoffMs } = KEY_TIMES;
      const retryMs = Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(this.#failures, 20));
      this.#failures += 1;
      this.#retryAt = clock.now() + retryMs;
      log.warn("a provider's keys could not be fetched", {
        provider: name,
        failures: this.#failures,
        retryMs,
        error: describeError(error),
      });
    }
  }

  /** The cached document, unless it is old or the last fetch failed (the keys may have moved). */
  async #discover(): Promise<ProviderMetadata> {
    const { clock, fetch, discoveryUrl, issuers, log, name } = this.#options;
    const fresh = clock.now() - this.#metadataAt < KEY_TIMES.metadataMs && this.#failures === 0;
    if (this.#metadata !== undefined && fresh) return this.#metadata;
    try {
      this.#metadata = await discover({ fetch, url: discoveryUrl, issuers });
      this.#metadataAt = clock.now();
    } catch (error) {
      if (this.#metadata === undefined) throw error;
      log.warn("a provider's discovery document could not be fetched", {
        provider: name,
        error: describeError(error),
      });
    }
    return this.#metadata;
  }
}
