import canonicalize from 'canonicalize';

const MAX_DEPTH = 64;

/**
 * Canonical JSON (RFC 8785) of a value; leaves out `undefined` members, as JSON does. Stricter than
 * the package: throws for functions and symbols, because a digest over a value that silently lost a
 * member would match two values. Depth is limited.
 *
 * @throws TypeError for a value without an I-JSON form: a number that is not finite, a lone
 *   surrogate, a function, a cycle, more than 64 levels.
 */
export function canonicalJson(value: unknown): string {
  checkForm(value, 0);
  const text = write(value);
  if (text === undefined) throw new TypeError('canonical JSON: undefined has no JSON form');
  return text;
}

function checkForm(value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) {
    throw new TypeError(`canonical JSON: nested deeper than ${MAX_DEPTH} levels`);
  }
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`canonical JSON: no form for a ${typeof value}`);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) checkForm(member, depth + 1);
}

function write(value: unknown): string | undefined {
  try {
    return canonicalize(value);
  } catch (error) {
    throw new TypeError('canonical JSON: value has no I-JSON form', { cause: error });
  }
}
