import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKeys } from '../../../src/keys/keys.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import { request, submission } from '../../store/build.ts';
import { storedEvent } from '../../support/events.ts';
import { configText, edited, exampleEnv, workflowText } from '../config/support.ts';
import { cli, folder } from './support.ts';

const STORE = 'kind: sqlserver\n  connectionString: ${env:COUNTERSIGN_SQLSERVER}';

let dir: ReturnType<typeof folder>;
let store: Store;
beforeEach(async () => {
  const config = edited(configText, STORE, 'kind: sqlite\n  path: countersign.db');
  dir = folder({ 'countersign.yaml': config });
  mkdirSync(join(dir.path, 'workflows'));
  writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
  const path = join(dir.path, 'countersign.db');
  store = await openSqliteStore({ path, clock: systemClock, log: silentLogger });
  // The service makes its keys when it starts.
  const secret = exampleEnv.COUNTERSIGN_SIGNING_SECRET;
  await createKeys({ store, secret, clock: systemClock });
});
afterEach(async () => {
  await store.close();
  dir.remove();
});

test('audit show names an event with a duplicate member, and fails', async () => {
  const asked = request();
  const about = { requestId: asked.id, data: { workflow: 'deploy-production' } };
  const whole = storedEvent(about);
  const changed = storedEvent(about);
  const body = `{"data":{"workflow":"another"},${changed.body.slice(1)}`;
  await store.commit(submission(asked, { events: [whole, { ...changed, body }] }));
  const shown = await cli(['audit', 'show', '1', '--config', 'countersign.yaml'], {
    cwd: dir.path,
    env: exampleEnv,
  });
  expect(shown.out).toBe('1970-01-01T00:00:00.000Z  request.submitted  deploy-production\n');
  expect(shown.err).toContain(`Event ${changed.id} is not as it was written`);
  expect(shown.code).toBe(1);
});
