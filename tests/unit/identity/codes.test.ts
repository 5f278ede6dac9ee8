import { readFileSync, readdirSync } from 'node:fs';
import { en } from '../../../src/text/en.ts';
import { IDENTITY_CODES, identityError } from '../../../src/identity/codes.ts';
import { IdentityError } from '../../../src/usecases/ports/identity-error.ts';

const folder = new URL('../../../src/identity/', import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== 'codes.ts')
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');

test.each(IDENTITY_CODES)('%s has a sentence and is used', (code) => {
  expect(code).toMatch(/^[a-z]+(_[a-z]+)+$/);
  expect(en.identityProblems[code].length).toBeGreaterThan(20);
  // Used by http/ before there is a token.
  if (code !== 'token_missing') expect(sources).toContain(`'${code}'`);
});

test('an error carries code, sentence, subject and cause', () => {
  const cause = new Error('why');
  const error = identityError('token_claim_missing', { about: 'exp', cause });
  expect(error).toBeInstanceOf(IdentityError);
  expect(error).toMatchObject({ code: 'token_claim_missing', cause });
  expect(error.message).toBe('The token lacks a required claim (exp)');
});
