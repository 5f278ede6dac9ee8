import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeStore } from './describe-store.ts';
import { SERVER, SKIPPED, createScratch, openSqlServer } from './support/open-sqlserver.ts';
import type { Scratch } from './support/open-sqlserver.ts';

if (SERVER === '') {
  test('says that it was not run on SQL Server', () => {
    console.warn(SKIPPED);
    expect(SKIPPED).toContain('COUNTERSIGN_TEST_SQLSERVER');
  });
} else {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await createScratch();
  }, 60_000);
  afterAll(() => scratch.drop(), 60_000);

  describeStore('SQL Server', () => openSqlServer(scratch));
}
