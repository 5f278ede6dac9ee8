import type { Clock } from '../../lib/clock.ts';
import { describeError } from '../../lib/logger.ts';
import type { Logger } from '../../lib/logger.ts';
import { Lru } from '../../lib/lru.ts';
import { fetchJson } from '../bounded-fetch.ts';
import type { Fetch } from '../bounded-fetch.ts';
import { identityError } from '../codes.ts';
import { discover } from './discovery.ts';
import type { ProviderMetadata } from './discovery.ts';
import { readKeyDocument } from './key-document.ts';
import type { KeySet, VerificationKey } from './key-document.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The times by which keys are fetched; all in ms. */
export const KEY_TIMES = {
  /** Keys older than this are fetched again in the background, when one of them is used. */
  refreshMs: 10 * MINUTE_MS,
  /** After so long a quiet time the fetch comes first, unless the provider is known down. */
  reviewMs: HOUR_MS,
  /** At most one fetch for the sake of an unknown key id in this time. */
  extraMs: 5 * MINUTE_MS,
  /** An id that was looked for in vain causes no further fetch for this long. */
  missingMs: HOUR_MS,
  /** How long keys are trusted while the provider cannot be reached: a weekend's outage. */
  staleMs: 72 * HOUR_MS,
  /** Discovery documents change rarely; read again when the keys fail, or after this. */
  metadataMs: 24 * HOUR_MS,
  backoffMs: 2_000,
  maxBackoffMs: 5 * MINUTE_MS,
} as const;

const REMEMBERED_MISSING = 1_000;

/** The keys of one provider. */
export interface KeySource {
  /**
   * The key of an id: at once where it is known, after a fetch where one is allowed.
   *
   * @throws IdentityError `token_key_unknown`, `token_keys_unavailable`.
   */
  find(kid: string): VerificationKey | Promise<VerificationKey>;
  /** The provider's discovery document. @throws IdentityError `token_keys_unavailable`. */
  metadata(): Promise<ProviderMetadata>;
  /**
   * The scheduled refresh: fetches again what was asked for once and has become old, unless the
   * provider rests after a failure. A rotation arrives by it whatever strangers ask for meanwhile.
   */
  keepFresh(): Promise<void>;
}

export interface KeySourceOptions {
  readonly name: string;
  readonly discoveryUrl: string;
  /** What the discovery document may name as issuer, exactly. */
  readonly issuers: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Bounded in time and size already. */
  readonly fetch: Fetch;
}

/**
 * A provider's keys, fetched so that neither strangers nor an outage hurt: jose's remote key set
 * has no cool-down after a failed fetch, forgets its keys with the provider, and reads answers of
 * any size. Here fetches are single-flight, back off after failures (2 s to 5 min), unknown key ids
 * buy at most one extra fetch in five minutes, and known keys outlive an outage of three days.
 */
export function createKeySource(options: KeySourceOptions): KeySource {
  return new KeyCache(options);
}

class KeyCache implements KeySource {
  readonly #options: KeySourceOptions;
  readonly #missing = new Lru<number>(REMEMBERED_MISSING);
  #keys: KeySet = new Map();
  #metadata: ProviderMetadata | undefined;
  #metadataAt = -Infinity;
  #fetchedAt = -Infinity;
  #extraAt = -Infinity;
  #failures = 0;
  #restUntil = -Infinity;
  #running: Promise<void> | undefined;

  constructor(options: KeySourceOptions) {
    this.#options = options;
  }

  find(kid: string): VerificationKey | Promise<VerificationKey> {
    const now = this.#options.clock.now();
    const age = now - this.#fetchedAt;
    const key = age < KEY_TIMES.staleMs ? this.#keys.get(kid) : undefined;
    if (key === undefined) return this.#look(kid, now);
    if (age < KEY_TIMES.refreshMs) return key;
    if (age >= KEY_TIMES.reviewMs && this.#failures === 0) return this.#look(kid, now);
    if (now >= this.#restUntil) void this.#refresh();
    return key;
  }

  async metadata(): Promise<ProviderMetadata> {
    const now = this.#options.clock.now();
    if (this.#metadata === undefined && (this.#running || now >= this.#restUntil)) {
      await this.#refresh();
    }
    if (this.#metadata === undefined) throw identityError('token_keys_unavailable');
    return this.#metadata;
  }

  async keepFresh(): Promise<void> {
    const now = this.#options.clock.now();
    // Nothing is fetched for a provider that nobody has brought a token of.
    const asked = this.#fetchedAt !== -Infinity || this.#failures > 0;
    if (!asked || now < this.#restUntil) return;
    if (now - this.#fetchedAt >= KEY_TIMES.refreshMs) await this.#refresh();
  }

  async #look(kid: string, now: number): Promise<VerificationKey> {
    if (this.#mayFetch(kid, now)) await this.#refresh();
    const stale = this.#options.clock.now() - this.#fetchedAt >= KEY_TIMES.staleMs;
    if (stale) throw identityError('token_keys_unavailable');
    const key = this.#keys.get(kid);
    if (key !== undefined) return key;
    this.#missing.set(kid, now);
    throw identityError('token_key_unknown');
  }

  #mayFetch(kid: string, now: number): boolean {
    if (this.#running !== undefined) return true;
    if (now < this.#restUntil) return false;
    if (now - this.#fetchedAt >= KEY_TIMES.refreshMs) return true;
    if (now - (this.#missing.get(kid) ?? -Infinity) < KEY_TIMES.missingMs) return false;
    if (now - this.#extraAt < KEY_TIMES.extraMs) return false;
    this.#extraAt = now;
    return true;
  }

  /** One fetch at a time; a failure is remembered, never thrown. */
  #refresh(): Promise<void> {
    this.#running ??= this.#load().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #load(): Promise<void> {
    const { clock, fetch, log, name } = this.#options;
    try {
      const { jwksUri } = await this.#discover();
      this.#keys = readKeyDocument(await fetchJson(fetch, jwksUri), this.#keys);
      this.#fetchedAt = clock.now();
      this.#failures = 0;
      this.#restUntil = -Infinity;
    } catch (error) {
      const { backoffMs, maxBackoffMs } = KEY_TIMES;
      const restMs = Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(this.#failures, 20));
      this.#failures += 1;
      this.#restUntil = clock.now() + restMs;
      log.warn("a provider's keys could not be fetched", {
        provider: name,
        failures: this.#failures,
        restMs,
        error: describeError(error),
      });
    }
  }

  /** The known document, unless it is old or the last fetch failed (the keys may have moved). */
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
