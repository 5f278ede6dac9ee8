import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eraseFrom } from '../../src/domain/people/erased.ts';
import { REQUEST_STATES } from '../../src/domain/request/state.ts';
import type { Erasure } from '../../src/usecases/ports/erasure-store.ts';
import { request, seen, submission } from './build.ts';
import { openSqlite } from './open-sqlite.ts';

const REASON = 'dana wants it back';
const names = ['oid-dana', 'entra:public:contoso:dana', '29:dana'];

let opened: Awaited<ReturnType<typeof openSqlite>>;
let erasure: Erasure;

beforeEach(async () => {
  opened = await openSqlite();
  const asked = request({ state: 'denied', reason: REASON });
  const people = [seen('dana')];
  await opened.store.commit(submission(asked, { people, events: [] }));
  const erased = eraseFrom(asked, { names: new Set(names), alias: 'erased|1' });
  if (!erased) throw new Error('nothing to erase');
  const requests = [{ request: erased, seen: asked.version, asked: true }];
  const recorded = { events: [], personKeys: [] };
  erasure = { names, pseudonyms: [], requests, last: true, without: REQUEST_STATES, ...recorded };
});
afterEach(() => opened.cleanup());

/** The files of the database that hold this text. */
function filesWith(text: string): string[] {
  const folder = dirname(opened.path);
  return readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text));
}

test('an erasure leaves no byte in the file and its write-ahead log', async () => {
  for (const text of [REASON, ...names]) expect(filesWith(text)).not.toEqual([]);
  expect(await opened.store.erase(erasure)).toEqual({ status: 'committed' });
  for (const text of [REASON, ...names]) expect([text, filesWith(text)]).toEqual([text, []]);
});

test('an erasure is unfinished while another process reads an older state', async () => {
  const other = new DatabaseSync(opened.path, { readOnly: true });
  other.exec('BEGIN');
  expect(other.prepare('SELECT name FROM people').get()).toEqual({ name: 'dana' });
  await expect(opened.store.erase(erasure)).rejects.toMatchObject({ code: 'erasure_unfinished' });
  expect(filesWith(REASON)).not.toEqual([]);
  other.close();
  expect(await opened.store.erase({ ...erasure, requests: [] })).toEqual({ status: 'committed' });
  for (const text of [REASON, ...names]) expect([text, filesWith(text)]).toEqual([text, []]);
});
