/** A regular expression as a tree. A set has one bit an ASCII character, and one for all others. */
export type PatternNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'char'; readonly set: bigint }
  | { readonly kind: 'concat' | 'either'; readonly nodes: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly min: number;
      readonly max: number;
    };

const OTHERS = 1n << 128n;
const ALL = (OTHERS << 1n) - 1n;
const LINE_ENDS = setOf('\n') | setOf('\r');
const DIGITS = range(0x30, 0x39);
const WORDS = DIGITS | range(0x41, 0x5a) | range(0x61, 0x7a) | setOf('_');
const SPACES = range(0x09, 0x0d) | setOf(' ') | OTHERS;
const CONTROLS: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  f: '\f',
  0: '\0',
};

/** A construct that is not taken: back references and look-around. */
export class PatternRefused extends Error {
  override readonly name = 'PatternRefused';
}

/**
 * The tree of a pattern that RegExp has taken with the flag `u`, so its grammar is known to be
 * good. Anchors and word boundaries count as empty.
 *
 * @throws PatternRefused for back references, look-ahead and look-behind.
 */
export function parsePattern(pattern: string): PatternNode {
  return new Reader([...pattern]).either();
}

class Reader {
  readonly #chars: readonly string[];
  #at = 0;

  constructor(chars: readonly string[]) {
    this.#chars = chars;
  }

  either(): PatternNode {
    const nodes = [this.#concat()];
    while (this.#take('|')) nodes.push(this.#concat());
    return nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : { kind: 'either', nodes };
  }

  #concat(): PatternNode {
    const nodes: PatternNode[] = [];
    while (this.#at < this.#chars.length && !this.#sees('|') && !this.#sees(')')) {
      nodes.push(this.#repeated(this.#atom()));
    }
    return { kind: 'concat', nodes };
  }

  #repeated(node: PatternNode): PatternNode {
    const range = this.#quantifier();
    if (range === undefined) return node;
    this.#take('?');
    return { kind: 'repeat', node, ...range };
  }

  #quantifier(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity };
    if (this.#take('+')) return { min: 1, max: Infinity };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (!this.#take('{')) return undefined;
    const [low = '', high] = this.#until('}').split(',');
    return { min: Number(low), max: high === undefined ? Number(low) : Number(high || Infinity) };
  }

  #atom(): PatternNode {
    const char = this.#next();
    switch (char) {
      case '^':
      case '$':
        return { kind: 'empty' };
      case '.':
        return { kind: 'char', set: ALL & ~LINE_ENDS };
      case '(':
        return this.#group();
      case '[':
        return { kind: 'char', set: this.#class() };
      case '\\':
        return this.#sees('b') || this.#sees('B')
          ? (this.#next(), { kind: 'empty' })
          : { kind: 'char', set: this.#escape() };
      default:
        return { kind: 'char', set: setOf(char) };
    }
  }

  #group(): PatternNode {
    if (this.#take('?')) {
      if (this.#sees('=') || this.#sees('!')) throw new PatternRefused('without look-ahead');
      if (this.#take('<')) {
        if (this.#sees('=') || this.#sees('!')) throw new PatternRefused('without look-behind');
        this.#until('>');
      } else this.#until(':');
    }
    const node = this.either();
    this.#take(')');
    return node;
  }

  #class(): bigint {
    const negated = this.#take('^');
    let set = 0n;
    while (this.#at < this.#chars.length && !this.#take(']')) {
      const first = this.#classMember();
      if (this.#sees('-') && this.#chars[this.#at + 1] !== ']') {
        this.#next();
        set |= span(first, this.#classMember());
      } else set |= first;
    }
    return negated ? ALL & (~set | OTHERS) : set;
  }

  #classMember(): bigint {
    const char = this.#next();
    if (char !== '\\') return setOf(char);
    // Inside a class \b is the backspace.
    return this.#take('b') ? setOf('\b') : this.#escape();
  }

  #escape(): bigint {
    const char = this.#next();
    switch (char) {
      case 'd':
        return DIGITS;
      case 'D':
        return ALL & ~DIGITS;
      case 'w':
        return WORDS;
      case 'W':
        return ALL & ~WORDS;
      case 's':
        return SPACES;
      case 'S':
        return ALL & (~SPACES | OTHERS);
      // What a property holds is not looked up: it may be anything.
      case 'p':
      case 'P':
        return (this.#until('}'), ALL);
      case 'x':
        return setOf(String.fromCodePoint(parseInt(this.#next() + this.#next(), 16)));
      case 'u':
        return this.#unicode();
      case 'c':
        return setOf(String.fromCharCode(this.#next().charCodeAt(0) % 32));
      case 'k':
        throw new PatternRefused('without back references');
      default:
        if (/[1-9]/.test(char)) throw new PatternRefused('without back references');
        return setOf(CONTROLS[char] ?? char);
    }
  }

  #unicode(): bigint {
    const digits = this.#take('{')
      ? this.#until('}')
      : this.#next() + this.#next() + this.#next() + this.#next();
    return setOf(String.fromCodePoint(parseInt(digits, 16)));
  }

  #until(end: string): string {
    let text = '';
    while (this.#at < this.#chars.length && !this.#take(end)) text += this.#next();
    return text;
  }

  #sees(char: string): boolean {
    return this.#chars[this.#at] === char;
  }

  #take(char: string): boolean {
    if (!this.#sees(char)) return false;
    this.#at += 1;
    return true;
  }

  #next(): string {
    const char = this.#chars[this.#at] ?? '';
    this.#at += 1;
    return char;
  }
}

function setOf(char: string): bigint {
  const code = char.codePointAt(0) ?? 128;
  return code < 128 ? 1n << BigInt(code) : OTHERS;
}

function range(from: number, to: number): bigint {
  return ((1n << BigInt(to - from + 1)) - 1n) << BigInt(from);
}

/** The set between two members of one bit each; beyond ASCII it reaches all others. */
function span(first: bigint, last: bigint): bigint {
  const from = first.toString(2).length - 1;
  const to = last.toString(2).length - 1;
  return from <= to ? range(from, to) : first | last;
}
