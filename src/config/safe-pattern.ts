import { parsePattern, PatternRefused } from './pattern-tree.ts';
import type { PatternNode } from './pattern-tree.ts';

/** Ways through a text that a pattern may have to try; a few hundredths of a second. */
const MAX_WAYS = 2_000_000;

/**
 * What is wrong with a field's pattern, in words; undefined where it is good. Patterns run on text
 * that requesters choose, so one that could try very many ways through it is refused. No time is
 * measured: the same pattern is judged the same on every machine.
 */
export function patternProblem(pattern: string, maxLength: number): string | undefined {
  try {
    new RegExp(`^(?:${pattern})$`, 'u');
  } catch (error) {
    return `a regular expression that compiles (${error instanceof Error ? error.message : error})`;
  }
  let tree: PatternNode;
  try {
    tree = parsePattern(pattern);
  } catch (error) {
    if (error instanceof PatternRefused) return `a pattern ${error.message}`;
    throw error;
  }
  if (isDeterministic(tree) || ways(tree, maxLength) <= MAX_WAYS) return undefined;
  return (
    'a pattern that has few ways to read a text (here repeats overlap, such as in (a+)+ or ' +
    `.*.*.*; make them distinct, or maxLength smaller than ${maxLength})`
  );
}

interface Ends {
  readonly nullable: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/**
 * Whether each next character leaves one way to go on at most: then the time is linear. The
 * positions of Glushkov's construction must have distinct characters wherever they compete, no
 * two loops may share an edge, and nothing that may be empty may be repeated (Brüggemann-Klein
 * and Wood, "One-Unambiguous Regular Languages", 1998; strong determinism for counters).
 */
function isDeterministic(tree: PatternNode): boolean {
  const sets: bigint[] = [];
  const follow: Set<number>[] = [];
  let distinct = true;
  const link = (from: readonly number[], to: readonly number[]) => {
    for (const start of from) {
      for (const end of to) {
        if (follow[start]?.has(end)) distinct = false;
        follow[start]?.add(end);
      }
    }
  };
  const walk = (node: PatternNode): Ends => {
    switch (node.kind) {
      case 'empty':
        return { nullable: true, first: [], last: [] };
      case 'char': {
        const at = sets.push(node.set) - 1;
        follow.push(new Set());
        return { nullable: false, first: [at], last: [at] };
      }
      case 'either':
        return node.nodes.map(walk).reduce((left, right) => ({
          nullable: left.nullable || right.nullable,
          first: [...left.first, ...right.first],
          last: [...left.last, ...right.last],
        }));
      case 'concat':
        return node.nodes.map(walk).reduce<Ends>(
          (left, right) => {
            link(left.last, right.first);
            return {
              nullable: left.nullable && right.nullable,
              first: left.nullable ? [...left.first, ...right.first] : left.first,
              last: right.nullable ? [...left.last, ...right.last] : right.last,
            };
          },
          { nullable: true, first: [], last: [] },
        );
      case 'repeat': {
        const inner = walk(node.node);
        if (node.max > 1) {
          if (inner.nullable) distinct = false;
          link(inner.last, inner.first);
        }
        return { ...inner, nullable: inner.nullable || node.min === 0 };
      }
    }
  };
  const { first } = walk(tree);
  return (
    distinct &&
    [first, ...follow].every((positions) => {
      let taken = 0n;
      for (const at of positions) {
        const set = sets[at] ?? 0n;
        if ((taken & set) !== 0n) return false;
        taken |= set;
      }
      return true;
    })
  );
}

/** At most how many ways there are to read a text of this length; Infinity where too many. */
function ways(node: PatternNode, length: number): number {
  switch (node.kind) {
    case 'empty':
    case 'char':
      return 1;
    case 'concat':
      return node.nodes.reduce((product, one) => product * ways(one, length), 1);
    case 'either':
      return node.nodes.reduce((sum, one) => sum + ways(one, length), 0);
    case 'repeat': {
      const inner = ways(node.node, length);
      const most = Math.min(node.max, length);
      if (inner === 1) return Math.max(1, most - node.min + 1);
      let sum = 0;
      for (let count = node.min; count <= most && sum <= MAX_WAYS; count += 1) {
        sum += inner ** count;
      }
      return Math.max(1, sum);
    }
  }
}
