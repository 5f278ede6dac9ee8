// Parts of JavaScript's expressions that the engines of other clients (iOS, Android), or the same
// without its `u` flag, read otherwise or not at all. Such a pattern is checked by us alone.
const FOREIGN = /\\[pPkukxc]|\(\?(?!:|=|!)|\[\^?\]|\\[bB]/;

/**
 * The regular expression of a form's input for a field's pattern, matching the whole text;
 * undefined where clients may read it differently: the form then accepts what we would refuse,
 * and never the other way round.
 */
export function formPattern(pattern: string | null): string | undefined {
  if (pattern === null || FOREIGN.test(pattern)) return undefined;
  const whole = `^(?:${pattern})$`;
  return compiles(whole, 'u') && compiles(whole, '') ? whole : undefined;
}

function compiles(source: string, flags: string): boolean {
  try {
    new RegExp(source, flags);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
