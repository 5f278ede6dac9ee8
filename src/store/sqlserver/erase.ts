import type { Erasure, ErasureStore, KnownAs } from '../../usecases/ports/erasure-store.ts';
import { decisionColumns, readerRows, requestColumns, requestFrom } from '../rows.ts';
import type { RequestRow } from '../rows.ts';
import { ERASE, FIND_KNOWN_AS, FIND_NAMING } from './queries/erasure.ts';
import { encodeRows, protectText } from './query.ts';
import type { Pool } from './pool.ts';

/** An erasure reads every request, which takes longer than a decision may. */
const WITHIN_MS = 300_000;
const TWICE = { repeat: 'twice', timeoutMs: WITHIN_MS } as const;
/** After a lost answer, a second call would be a conflict, because the keys are deleted. */
const ONCE = { repeat: 'once', timeoutMs: WITHIN_MS } as const;

/** Creates the methods that find and erase the data of a person. */
export function erasures(pool: Pool): ErasureStore {
  return {
    async findKnownAs({ names, objectIds }) {
      const values = { names: encodeRows(names), objectIds: encodeRows(objectIds) };
      return (await pool.all(FIND_KNOWN_AS, values, TWICE)) as unknown as readonly KnownAs[];
    },
    async findNaming({ names, states, limit }) {
      const values = { quoted: quoted(names), states: encodeRows(states), limit };
      const rows = await pool.all(FIND_NAMING, values, TWICE);
      return (rows as unknown as readonly RequestRow[]).map(requestFrom);
    },
    async erase(erasure) {
      const [row] = await pool.all(ERASE, encode(erasure), ONCE);
      return { status: row?.['outcome'] === 'committed' ? 'committed' : 'conflict' };
    },
  };
}

function encode(erasure: Erasure) {
  const { names, pseudonyms, without, requests, events, personKeys } = erasure;
  const decisions = requests.flatMap(({ request }) => request.decisions);
  return {
    names: encodeRows(names),
    quoted: quoted(names),
    states: encodeRows(without),
    last: erasure.last ? 1 : 0,
    pseudonyms: encodeRows(pseudonyms),
    pseudonymCount: pseudonyms.length,
    requests: encodeRows(
      requests.map(({ request, seen, asked: isAsked }) => {
        const row = requestColumns(request);
        const [asked, progress] = [protectText(row.asked), protectText(row.progress)];
        return { ...row, seen, isAsked, asked, progress };
      }),
    ),
    requestCount: requests.length,
    decisions: encodeRows(
      decisions.map(decisionColumns).map((row) => ({ ...row, body: protectText(row.body) })),
    ),
    readers: encodeRows(
      requests.flatMap(({ request }) =>
        readerRows(request).map((row) => ({ id: request.id, ...row })),
      ),
    ),
    events: encodeRows(events),
    personKeys: encodeRows(personKeys),
  };
}

/** Encodes names as JSON strings, to find them in JSON text. */
function quoted(names: readonly string[]): string {
  return encodeRows(names.map((name) => JSON.stringify(name)));
}
