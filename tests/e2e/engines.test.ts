import { ENGINE } from '../support/world-database.ts';
import { SERVER } from '../store/support/open-sqlserver.ts';

test('reports the engines that the end-to-end suite runs on', () => {
  if (SERVER === '') {
    console.warn(
      'COUNTERSIGN_TEST_SQLSERVER is not set: the end-to-end suite was run on SQLite ' +
        'alone, and not on SQL Server.',
    );
  }
  expect(SERVER !== '' || ENGINE === 'sqlite').toBe(true);
});
