/** The replacement of a character that nobody sees. */
export const UNSEEN = '\uFFFD';

/** Characters of the class Cf that have a glyph: signs in front of Arabic and Syriac numbers. */
const VISIBLE_FORMATS = String.raw`\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}`;

/**
 * Blanks that no class tells from letters and symbols: Braille without dots, a note without a head,
 * fillers of Khitan, blanks of Egyptian hieroglyphs, the place of an object that is not there.
 */
const BLANK_GLYPHS = String.raw`\u2800\uFFFC\u{1D159}\u{16FE4}\u{13441}\u{13442}`;

/** Controls, formats, what is ignorable by default, and what is no character, by class. */
const WITHOUT_WIDTH =
  String.raw`[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}` +
  String.raw`\p{Noncharacter_Code_Point}${BLANK_GLYPHS}]--` +
  String.raw`[\t\n\u200C\u200D\uFE0E\uFE0F${VISIBLE_FORMATS}]]`;

const EMOJI = String.raw`\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F`;
const JOINING = String.raw`\u0600-\u0DFF`;
const CJK = String.raw`\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\u3000-\u303F\uFF00-\uFFEF`;

/**
 * Legitimate uses are kept: joiners inside emoji and in the scripts that join, the selectors of
 * emoji and keycaps (Unicode TR51, emoji variation sequences), the blank of Chinese and Japanese text beside it, the blank inside numbers and at French
 * punctuation.
 */
const HIDDEN = new RegExp(
  [
    WITHOUT_WIDTH,
    String.raw`(?<![${JOINING}])\u200C`,
    String.raw`(?<![${JOINING}${EMOJI}])\u200D`,
    String.raw`\u200D(?![${JOINING}\p{Extended_Pictographic}])`,
    String.raw`(?<!\p{Extended_Pictographic}|[#*0-9](?=\uFE0F\u20E3))[\uFE0E\uFE0F]`,
    String.raw`[\p{Zs}--[ \u00A0\u202F\u3000]]`,
    String.raw`(?<![${CJK}])\u3000(?![${CJK}])`,
    String.raw`(?<!«|\d(?=.\d))[\u00A0\u202F](?![»;:!?%€])`,
  ].join('|'),
  'gv',
);

/**
 * Marks characters that are not seen or look like a space and are none, by their Unicode class: they
 * hide, reorder (CVE-2021-42574) or imitate text. Spaces, tabs and line feeds stay.
 */
export function markHidden(text: string): string {
  return text.replace(HIDDEN, UNSEEN);
}
