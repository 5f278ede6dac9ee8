import { HttpProblem } from './problem.ts';

/** The query of a request target. */
export function queryOf(target: string | undefined): URLSearchParams {
  const at = target?.indexOf('?') ?? -1;
  return new URLSearchParams(at < 0 ? '' : target?.slice(at + 1));
}

/** Refuses parameters that are not known, or stand twice where they may once. */
export function checkQuery(
  query: URLSearchParams,
  known: { once: readonly string[]; many?: readonly string[] },
): void {
  for (const name of new Set(query.keys())) {
    if (known.many?.includes(name)) continue;
    if (!known.once.includes(name)) {
      const names = [...known.once, ...(known.many ?? [])].join(', ') || 'none';
      throw invalid(`There is no parameter "${clip(name)}". Parameters: ${names}.`);
    }
    if (query.getAll(name).length > 1) throw invalid(`${name} may stand once.`);
  }
}

/** A whole number within bounds, or the default where the parameter is missing. */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  range: { readonly min: number; readonly max: number; readonly default: number },
): number {
  const text = query.get(name);
  if (text === null) return range.default;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= range.min && value <= range.max) return value;
  throw invalid(`${name} must be a whole number from ${range.min} to ${range.max}.`);
}

/** A short text of visible characters; undefined where the parameter is missing. */
export function shortText(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (text.length >= 1 && text.length <= 300 && !/[\u0000-\u001f\u007f]/.test(text)) return text;
  throw invalid(`${name} must be 1 to 300 visible characters.`);
}

function invalid(detail: string): HttpProblem {
  return new HttpProblem('query_invalid', detail);
}

function clip(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 40);
}
