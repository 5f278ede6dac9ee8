import { LRUCache } from 'lru-cache';

/**
 * A map of at most `limit` entries that drops what was unused for longest. Use cases import no
 * packages, so the package is wrapped here once.
 */
export class Lru<Value extends NonNullable<unknown>> extends LRUCache<string, Value> {
  constructor(limit: number) {
    super({ max: limit });
  }
}
