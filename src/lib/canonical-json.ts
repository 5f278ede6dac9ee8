/**
 * The canonical JSON text of a value (RFC 8785): keys ordered by UTF-16 code units, numbers as
 * ECMAScript writes them, no white space. `undefined` members are left out, as JSON does.
 *
 * @throws TypeError where the value has no I-JSON form: a number that is not finite, a lone
 *   surrogate, a function, a cycle deeper than 64 levels.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (depth > 64) throw new TypeError('canonical JSON: nested deeper than 64 levels');
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('canonical JSON: number is not finite');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => write(item ?? null, depth + 1)).join(',')}]`;
  }
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${writeString(key)}:${write(member, depth + 1)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`canonical JSON: no form for a ${typeof value}`);
}

function writeString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('canonical JSON: text has a lone surrogate');
  return JSON.stringify(text);
}
