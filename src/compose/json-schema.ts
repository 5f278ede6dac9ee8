import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { configSchema } from '../config/schema.ts';
import { workflowSchema } from '../config/schema-workflow.ts';
import { EXECUTOR_KINDS } from '../executors/registry.ts';

const FOLDER = new URL('../../docs/reference/', import.meta.url);

/** The JSON Schemas for editors: file name in docs/reference/ → text. */
export function jsonSchemas(): Readonly<Record<string, string>> {
  return {
    'countersign.schema.json': textOf(
      'countersign.yaml',
      withReferences(plain(configSchema(EXECUTOR_KINDS))),
    ),
    'workflow.schema.json': textOf('A Countersign workflow', plain(workflowSchema)),
  };
}

function plain(schema: z.ZodType): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

function textOf(title: string, schema: Readonly<Record<string, unknown>>): string {
  const { $schema, ...rest } = schema;
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}

/** Allows references where a text has a pattern, because editors do not replace them. */
function withReferences<Value>(schema: Value): Value {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(withReferences) as Value;
  const entries = Object.entries(schema).map(([key, value]) => {
    const reference = key === 'pattern' && typeof value === 'string';
    // Not inside `propertyNames`: references in keys are not replaced.
    if (key === 'propertyNames') return [key, value];
    return [key, reference ? `(${value})|\\$\\{(env|file):` : withReferences(value)];
  });
  return Object.fromEntries(entries) as Value;
}

// `node src/compose/json-schema.ts` writes the files.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, text] of Object.entries(jsonSchemas())) {
    writeFileSync(new URL(name, FOLDER), text);
  }
}
