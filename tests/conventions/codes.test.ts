import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { AUDIT_PROBLEM_CODES } from '../../src/audit/notes.ts';
import { HTTP_CODES } from '../../src/http/codes.ts';
import { IDENTITY_CODES } from '../../src/identity/codes.ts';
import { KEYS_CODES } from '../../src/keys/errors.ts';
import { STORE_ERROR_CODES } from '../../src/usecases/ports/store-error.ts';
import { CARD_ACTION_CODES } from '../../src/interactions/reply.ts';
import { en } from '../../src/text/en.ts';
import { GATE_CODES } from '../../src/teams/inbound/gate.ts';
import { filesUnder, parse, ROOT } from './tree.ts';

const SETS: Readonly<Record<string, readonly string[]>> = {
  CARD_ACTION_CODES,
  HTTP_CODES,
  IDENTITY_CODES,
  GATE_CODES,
  STORE_ERROR_CODES,
  KEYS_CODES: Object.keys(KEYS_CODES),
  AUDIT_PROBLEM_CODES,
};

/** With the codes of refusals and outcomes, which the compiler compares with their sentences. */
const ALL = {
  ...SETS,
  refusals: Object.keys(en.refusals),
  outcomes: Object.keys(en.outcomes),
};

/** The code spans in the first column of a document's tables. */
function documented(name: string): string[] {
  const text = readFileSync(join(ROOT, 'docs', 'reference', name), 'utf8');
  return [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, code = '']) => code);
}

describe('codes and their documents', () => {
  test('docs/reference/errors.md lists every code once, and no other', () => {
    const wanted = new Set(Object.values(ALL).flat());
    const listed = documented('errors.md');
    expect([...listed].sort()).toEqual([...wanted].sort());
  });

  test('the comparison covers every set of codes', () => {
    const found = filesUnder(['src'], ['.ts']).flatMap((file) =>
      parse(file)
        .statements.filter(ts.isVariableStatement)
        .flatMap((statement) =>
          statement.declarationList.declarations
            .map(({ name }) => name.getText())
            .filter((name) => name.endsWith('_CODES')),
        ),
    );
    expect([...new Set(found)].sort()).toEqual(Object.keys(SETS).sort());
  });

  test('sets of codes share only codes that pass from one part to another', () => {
    const seen = new Map<string, string>();
    const shared: string[] = [];
    for (const [set, codes] of Object.entries(ALL)) {
      for (const code of codes) {
        if (seen.has(code)) shared.push(code);
        seen.set(code, set);
      }
    }
    expect(shared.sort()).toEqual([
      'erasure_unfinished',
      'store_busy',
      'store_closed',
      'store_full',
      'store_readonly',
      'store_unavailable',
      'token_missing',
    ]);
  });
});
