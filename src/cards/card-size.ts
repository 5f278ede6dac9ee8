import type { Card } from './card-template.ts';

/** Teams accepts messages of about 28 KB; the envelope needs the rest. */
export const MAX_CARD_BYTES = 25_000;

/**
 * The first card that fits into a message. `variants` come from the fullest to the barest, and a
 * variant is rendered only when it is tried.
 *
 * @throws Error where not even the last one fits.
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
