import { partsOf } from '../../../src/store/sqlserver/migrate.ts';
import type { Migration } from '../../../src/store/migrations.ts';

const TABLE = /CREATE TABLE dbo\.(\w+) \((.*?)\);/g;
const ADDED = /ALTER TABLE dbo\.(\w+) ADD (\S[^;]*);/g;
const INDEX = /CREATE (UNIQUE )?INDEX (\w+) ON dbo\.(\w+) \(([^)]*)\)/g;
const TRIGGER = /CREATE TRIGGER (\w+) ON dbo\.(\w+) (AFTER [A-Z, ]+?) AS /g;
const COLUMN = /^(\S+) (\w+(?:\([\w, ]+\))?)( IDENTITY\(1, 1\))?( COLLATE \w+)? (NOT NULL|NULL)$/;
const KEY = /^CONSTRAINT (\w+) (PRIMARY KEY|UNIQUE|CHECK) \((.*)\)$/;

/** The schema that migrations create: a line for each column, key, index and trigger. */
export function dumpOf(migrations: readonly Migration[]): string {
  const lines: string[] = [];
  for (const part of migrations.flatMap(partsOf)) {
    for (const [, table = '', body = ''] of part.matchAll(TABLE)) {
      for (const definition of splitDefinitions(body)) lines.push(`${table} ${lineOf(definition)}`);
    }
    for (const [, table = '', definition = ''] of part.matchAll(ADDED)) {
      lines.push(`${table} ${lineOf(definition)}`);
    }
    for (const [, unique = '', name, table, columns] of part.matchAll(INDEX)) {
      lines.push(`${table} ${unique.toLowerCase()}index ${name} (${plain(columns ?? '')})`);
    }
    for (const [, name, table, when] of part.matchAll(TRIGGER)) {
      lines.push(`${table} trigger ${name} ${(when ?? '').toLowerCase()}`);
    }
  }
  return `${lines.sort().join('\n')}\n`;
}

/** The columns of a dump as an information schema lists them. */
export function columnsOf(dump: string): string[] {
  return dump
    .split('\n')
    .filter((line) => / column /.test(line))
    .map((line) => line.replace(/ identity(?= (bytes |)(not )?null$)/, '').replace(' bytes', ''))
    .sort();
}

function lineOf(definition: string): string {
  const key = KEY.exec(definition);
  if (key) return `${(key[2] ?? '').toLowerCase()} ${key[1]} (${plain(key[3] ?? '')})`;
  const column = COLUMN.exec(definition);
  if (!column) throw new Error(`The golden dump cannot read: ${definition}`);
  const [, name = '', type = '', identity, collation, nullable = ''] = column;
  if (collation !== undefined && collation !== ' COLLATE Latin1_General_BIN2') {
    throw new Error(`A key of another collation: ${definition}`);
  }
  return [
    'column',
    plain(name),
    type.replaceAll(' ', ''),
    identity ? 'identity' : '',
    collation ? 'bytes' : '',
    nullable.toLowerCase(),
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** Splits at commas outside brackets. */
function splitDefinitions(body: string): string[] {
  return body.split(/,\s*(?![^(]*\))/).map((definition) => definition.trim());
}

function plain(names: string): string {
  return names.replaceAll(/[[\]]/g, '');
}
