import type { Card } from './card-template.ts';
import type { Room } from './plain-text.ts';

/** How much of a request a variant of a card shows. */
export interface Limits {
  readonly value: Room;
  /** Maximum number of fields. */
  readonly fields: number;
  /** Maximum number of decisions; the latest are kept. */
  readonly decisions: number;
  /** Maximum length of an approver's reason; 0 hides reasons. */
  readonly decisionReason: number;
  /** Shows all fields in one text block, without columns. */
  readonly dense: boolean;
  /** Whether the identifiers are behind a button, visible, or left out. */
  readonly details: 'toggle' | 'open' | 'none';
}

// A request may hold 12,000 bytes of fields, and channel cards must stay short. Longer values are
// cut, and Review then replaces Approve.
const BASE: Limits = {
  value: { characters: 500, lines: 10 },
  fields: 16,
  decisions: 8,
  decisionReason: 240,
  dense: false,
  details: 'toggle',
};

const ENDED: Limits = {
  ...BASE,
  value: { characters: 140, lines: 2 },
  fields: 8,
  details: 'none',
};

const REVIEW: Limits = {
  value: { characters: Infinity, lines: Infinity },
  fields: Infinity,
  decisions: 40,
  decisionReason: 1_000,
  dense: false,
  details: 'open',
};

const DENSE: Limits = { ...REVIEW, decisions: 3, decisionReason: 0, dense: true };

/**
 * Variants of each view, from the fullest to the barest. The first that fits into a message is
 * used.
 */
export const LIMITS: Readonly<Record<'base' | 'ended' | 'review', readonly Limits[]>> = {
  base: [
    BASE,
    { ...BASE, value: { characters: 160, lines: 4 }, decisions: 4, decisionReason: 80 },
    { ...BASE, value: { characters: 60, lines: 1 }, fields: 6, decisions: 2, decisionReason: 0 },
  ],
  ended: [
    ENDED,
    { ...ENDED, value: { characters: 60, lines: 1 }, fields: 4, decisions: 4, decisionReason: 80 },
    { ...ENDED, value: { characters: 60, lines: 1 }, fields: 0, decisions: 2, decisionReason: 0 },
  ],
  // The digest does not cover decisions, so they are cut before any field. The last variants cannot
  // show everything, so nothing can be approved there.
  review: [
    REVIEW,
    { ...REVIEW, decisions: 20, decisionReason: 120 },
    { ...REVIEW, decisions: 8, decisionReason: 60 },
    { ...REVIEW, decisions: 3, decisionReason: 0 },
    DENSE,
    { ...DENSE, value: { characters: 1_000, lines: 40 }, fields: 40 },
    { ...DENSE, value: { characters: 100, lines: 2 }, fields: 20 },
  ],
};

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
