import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchemas } from '../../src/compose/json-schema.ts';
import { PRODUCTION_RULES } from '../../src/config/check-production.ts';
import { ROOT } from '../conventions/tree.ts';

/** Every key in a JSON Schema, at any level. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = schema as { properties?: object };
  return [...Object.keys(properties), ...Object.values(schema).flatMap(keysOf)];
}

function pageAt(path: string): string {
  return readFileSync(join(ROOT, 'docs', path), 'utf8');
}

/** What stands in code marks on a page: each word of it. */
function namedOn(page: string): Set<string> {
  const marked = [...page.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, title = '']) => title);
  const blocks = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml = '']) => yaml);
  return new Set([...marked, ...headings, ...blocks].flatMap((text) => text.match(/\w+/g) ?? []));
}

describe('the reference of the configuration', () => {
  test.each([
    ['countersign.schema.json', 'reference/configuration.md'],
    ['workflow.schema.json', 'reference/workflow-file.md'],
  ])('names every key of %s in %s', (schema, path) => {
    const keys = new Set(keysOf(JSON.parse(jsonSchemas()[schema] ?? '')));
    expect(keys.size).toBeGreaterThan(20);
    const named = namedOn(pageAt(path));
    expect([...keys].filter((key) => !named.has(key))).toEqual([]);
  });

  test('how-to/go-to-production.md lists exactly the rules of production', () => {
    const page = pageAt('how-to/go-to-production.md');
    const listed = [...page.matchAll(/^\| `(production_\w+)` \|/gm)].map(([, rule]) => rule);
    expect(listed.sort()).toEqual([...PRODUCTION_RULES].sort());
  });
});
