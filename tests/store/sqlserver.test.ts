import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeStore } from './describe-store.ts';
import {
  SERVER,
  SKIPPED,
  TEST_MS,
  createScratch,
  openSqlServer,
} from './support/open-sqlserver.ts';
import type { Scratch } from './support/open-sqlserver.ts';

if (SERVER === '') {
  test('says that it was not run on SQL Server', () => {
    console.warn(SKIPPED);
    expect(SKIPPED).toContain('COUNTERSIGN_TEST_SQLSERVER');
  });
} else {
  jest.setTimeout(TEST_MS);
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await createScratch();
  });
  afterAll(() => scratch.drop());

  describeStore('SQL Server', () => openSqlServer(scratch));
}
