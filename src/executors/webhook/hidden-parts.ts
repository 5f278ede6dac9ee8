/** Shorter parts are no secrets, and would hide words of an answer. */
const MIN_LENGTH = 8;

/**
 * The texts of an address that nobody may see: its query, and its path where a name stands in its
 * place. Whole and in parts, as written and decoded, the longest first.
 */
export function hiddenParts(url: URL, { path }: { path: boolean }): readonly string[] {
  const shown = path ? [url.pathname + url.search, url.pathname] : [];
  const whole = [...shown, url.search.slice(1)];
  const parts = whole.flatMap((text) => text.split(/[/?&=]/));
  const all = [...whole, ...parts].flatMap((text) => [text, decoded(text)]);
  return [...new Set(all)]
    .filter(({ length }) => length >= MIN_LENGTH)
    .sort((one, other) => other.length - one.length);
}

/** A text with a sign in place of the hidden parts, which a target may send back. */
export function withoutParts(text: string, hidden: readonly string[]): string {
  return hidden.reduce((rest, part) => rest.replaceAll(part, '…'), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    // A lone percent sign: nothing to decode.
    if (error instanceof URIError) return text;
    throw error;
  }
}
