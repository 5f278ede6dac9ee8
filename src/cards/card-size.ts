import type { Card } from './card-template.ts';

/** Teams takes about 28 KB a message; the envelope and its growth need the rest. */
export const MAX_CARD_BYTES = 25_000;

/**
 * The first card that fits, of variants from the fullest to the barest (each is made only when it
 * is tried). Throws where not even the last one fits.
 */
export function firstThatFits<Variant>(
  variants: readonly Variant[],
  make: (variant: Variant) => Card,
): Card {
  let bytes = 0;
  for (const variant of variants) {
    const card = make(variant);
    bytes = Buffer.byteLength(JSON.stringify(card));
    if (bytes <= MAX_CARD_BYTES) return card;
  }
  throw new Error(`a card of ${bytes} bytes is too large for Teams`);
}
