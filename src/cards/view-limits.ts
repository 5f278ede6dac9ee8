import type { Room } from './plain-text.ts';

/** How much of a request one variant of a card shows. */
export interface Limits {
  readonly value: Room;
  /** At most so many fields. */
  readonly fields: number;
  /** At most so many decisions, the latest of them. */
  readonly decisions: number;
  /** Room of an approver's reason; 0 characters leaves reasons out. */
  readonly decisionReason: number;
  /** Fields one below the other in one block, without columns. */
  readonly dense: boolean;
  /** What identifies the parts, behind a button, in plain sight, or not at all. */
  readonly details: 'toggle' | 'open' | 'none';
}

// A request may hold 12,000 bytes of fields, and cards of channels are read in passing: what is
// longer is cut, and then Review takes the place of Approve.
const BASE: Limits = {
  value: { characters: 500, lines: 10 },
  fields: 16,
  decisions: 8,
  decisionReason: 240,
  dense: false,
  details: 'toggle',
};

const ENDED: Limits = {
  value: { characters: 140, lines: 2 },
  fields: 8,
  decisions: 8,
  decisionReason: 240,
  dense: false,
  details: 'none',
};

const EVERYTHING: Room = { characters: Infinity, lines: Infinity };

const REVIEW: Limits = {
  value: EVERYTHING,
  fields: Infinity,
  decisions: 40,
  decisionReason: 1_000,
  dense: false,
  details: 'open',
};

/** Variants of each view, the fullest first; the first that fits into a message is shown. */
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
  // Decisions so far are no part of the digest, so they give way before any field does. The last
  // variants cannot show all: there, nothing can be approved.
  review: [
    REVIEW,
    { ...REVIEW, decisions: 20, decisionReason: 120 },
    { ...REVIEW, decisions: 8, decisionReason: 60 },
    { ...REVIEW, decisions: 3, decisionReason: 0 },
    { ...REVIEW, decisions: 3, decisionReason: 0, dense: true },
    {
      ...REVIEW,
      value: { characters: 1_000, lines: 40 },
      fields: 40,
      decisions: 3,
      decisionReason: 0,
      dense: true,
    },
    {
      ...REVIEW,
      value: { characters: 100, lines: 2 },
      fields: 20,
      decisions: 3,
      decisionReason: 0,
      dense: true,
    },
  ],
};
