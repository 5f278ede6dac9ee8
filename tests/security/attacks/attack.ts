/** The rows of the identity attack suite, and the check of their sources. */

/** One attack: what is tried, the source, and the expected refusal. */
export interface Attack<World> {
  readonly attack: string;
  /** Where the attack or the check is described; `isSource` defines what counts. */
  readonly source: string;
  /** The expected code; `accepted` for a neighbouring row that must still pass. */
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

/** Whether a string names sources: a section, a requirement or a CVE, separated by `; `. */
export function isSource(text: string): boolean {
  return text !== '' && text.split('; ').every((one) => SOURCES.some((form) => form.test(one)));
}

/** Gives the rows a default source. @throws Error for a row without any. */
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
