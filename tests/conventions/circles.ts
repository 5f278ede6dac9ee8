import { posix } from 'node:path';
import { importsOf } from './tree.ts';
import type { File } from './tree.ts';

/**
 * The import circles among files: groups of files that reach each other by their imports, type
 * imports too. These are the strongly connected components of more than one file (Tarjan's
 * algorithm), each sorted by path.
 */
export function importCircles(files: readonly File[]): string[][] {
  const imports = new Map(files.map((file) => [file.path, relativeImports(file)]));
  const order = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const enter = (path: string): number => {
    const index = order.size;
    order.set(path, index);
    open.push(path);
    let low = index;
    for (const next of imports.get(path) ?? []) {
      if (!imports.has(next)) continue;
      const seen = order.get(next);
      if (seen === undefined) low = Math.min(low, enter(next));
      else if (open.includes(next)) low = Math.min(low, seen);
    }
    if (low === index) {
      const circle = open.splice(open.indexOf(path)).sort();
      if (circle.length > 1) circles.push(circle);
    }
    return low;
  };
  for (const path of imports.keys()) if (!order.has(path)) enter(path);
  return circles;
}

function relativeImports(file: File): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => posix.join(posix.dirname(file.path), name));
}
