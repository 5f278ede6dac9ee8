import { LRUCache } from 'lru-cache';

/**
 * A map of at most `limit` entries that drops the least recently used. Wraps the package, because
 * use cases import no packages.
 */
export class Lru<Value extends NonNullable<unknown>> extends LRUCache<string, Value> {
  constructor(limit: number) {
    super({ max: limit });
  }
}
