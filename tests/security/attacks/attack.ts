/** What every row of the identity attack suite is made of, and what it must say. */

/** One attack: what is tried, who warned of it, and how it is refused. */
export interface Attack<World> {
  readonly attack: string;
  /** Where the attack or the check is described; `isSource` says what counts. */
  readonly source: string;
  /** The code of the refusal; `accepted` for the row beside it that must still pass. */
  readonly refusedAs: string;
  readonly of: World;
}

const SOURCES: readonly RegExp[] = [
  /^RFC (8725|9068|9207|9449|9700|6749|6819|7515|7517|7518|7519|7636|7797|8037|4648|8259|3629) \d/,
  /^RFC 9700 \d/,
  /^draft-ietf-oauth-rfc8725bis \d/,
  /^OpenID Connect (Core|Discovery|Back-Channel Logout) \d/,
  /^ASVS 5\.0 V?\d+\.\d+\.\d+/,
  /^CVE-\d{4}-\d{4,}/,
  /^Microsoft identity platform: ./,
  /^Bot Framework authentication: ./,
];

/** Whether a text names a source: a section, a requirement or a CVE. Several stand with `; `. */
export function isSource(text: string): boolean {
  return text !== '' && text.split('; ').every((one) => SOURCES.some((form) => form.test(one)));
}

/** Rows under one source where a row does not name its own. @throws Error for one without. */
export function attacks<World>(
  rows: readonly (readonly [attack: string, refusedAs: string, of: World, source?: string])[],
  source = '',
): readonly Attack<World>[] {
  return rows.map(([attack, refusedAs, of, own]) => {
    const row = { attack, source: own ?? source, refusedAs, of };
    if (!isSource(row.source)) throw new Error(`the attack "${attack}" names no source`);
    return row;
  });
}
