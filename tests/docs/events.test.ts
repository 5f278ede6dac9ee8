import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventType } from '../../src/domain/events/catalogue.ts';
import { PERSONAL } from '../../src/domain/events/personal.ts';
import { ROOT } from '../conventions/tree.ts';

const page = readFileSync(join(ROOT, 'docs/reference/events.md'), 'utf8');
const [types = '', personal = ''] = page.split('## Personal values');

/** The cells of the rows whose first cell is a type. */
function rowsOf(text: string): string[][] {
  return [...text.matchAll(/^\| `([a-z]+\.[a-z]+)` \| (.*) \|$/gm)].map(([, type = '', rest = '']) => [
    type,
    ...rest.split(' | '),
  ]);
}

/** The compiler demands a row for each type. */
const TYPES = Object.keys(PERSONAL) as EventType[];

const inCode = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);

test('docs/reference/events.md lists every event type once, and no other', () => {
  expect(
    rowsOf(types)
      .map(([type]) => type)
      .sort(),
  ).toEqual([...TYPES].sort());
});

test('docs/reference/events.md lists every personal value of every type, and no other', () => {
  const documented = rowsOf(personal).map(([type, keys, values]) => [
    type,
    inCode(keys).sort(),
    [...new Set(inCode(values))].sort(),
  ]);
  const personalTypes = TYPES.filter((type) => {
    const { keys, values } = PERSONAL[type];
    return keys.length > 0 || Object.keys(values).length > 0;
  });
  const wanted = personalTypes.map((type) => {
    const { keys, values } = PERSONAL[type];
    const owners = Object.values(values).filter((owner) => !OF_REQUEST.includes(owner));
    return [type, [...keys].sort(), [...new Set([...Object.keys(values), ...owners])].sort()];
  });
  expect(documented).toEqual(wanted);
});

const OF_REQUEST = ['actor', 'requester'];
