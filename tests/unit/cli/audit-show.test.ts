import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eventRecorder } from '../../../src/compose/event-recorder.ts';
import type { EventBody } from '../../../src/domain/events/catalogue.ts';
import { createKeys } from '../../../src/keys/keys.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { systemIds } from '../../../src/lib/ids.ts';
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

/** Records two words of one person on request 1, and gives both stored events. */
async function twoWords(reason: string) {
  const asked = request();
  await store.commit(submission(asked, { events: [] }));
  const keys = await createKeys({
    store,
    secret: exampleEnv.COUNTERSIGN_SIGNING_SECRET,
    clock: systemClock,
  });
  const record = eventRecorder({ store, keys, ids: systemIds });
  const word = (text: string) =>
    ({
      type: 'submission.refused',
      requestId: asked.id,
      actor: { key: 'demo|ann', name: 'Ann' },
      data: { code: 'role_missing', workflow: text },
    }) as unknown as EventBody;
  await record([word(reason), word('second')], 0, (recorded) =>
    store.commit({ id: systemIds.next('chg', 0), at: 0, ...recorded }),
  );
  return store.eventsOf(asked.id);
}
const show = (...more: string[]) =>
  cli(['audit', 'show', '1', '--config', 'countersign.yaml', ...more], {
    cwd: dir.path,
    env: exampleEnv,
  });

test('audit show tells the rest of a story in which an envelope was exchanged', async () => {
  const [first] = await twoWords('first');
  const database = new DatabaseSync(join(dir.path, 'countersign.db'));
  database.exec('DROP TRIGGER audit_events_keep');
  const { personal } = JSON.parse(first?.body ?? '') as { personal: { sealed: string }[] };
  const sealed = personal[0]?.sealed ?? '';
  const foreign = sealed.replace(/^([^.]+\.[^.]*\.[^.]+\.).*$/, '$1AAAA.AAAAAAAAAAAAAAAAAAAAAA');
  const id = first?.id ?? '';
  database
    .prepare('UPDATE audit_events SET body = replace(body, ?, ?) WHERE id = ?')
    .run(sealed, foreign, id);
  database.close();
  const shown = await show();
  expect(shown.out.split('\n')).toEqual([
    '1970-01-01T00:00:00.000Z  submission.refused  by Ann  role_missing',
    '1970-01-01T00:00:00.000Z  submission.refused  by Ann  second  role_missing',
    '',
  ]);
  expect(shown.err).toBe(`Personal values of event ${id} are not as they were written.\n`);
  expect(shown.code).toBe(1);
});

test('audit show prints no control character of the data, and JSON keeps the value', async () => {
  const hostile = 'a\u009b2Jb\u202ec\u0007d\u2066e\u001bf\u2028g';
  await twoWords(hostile);
  const CONTROLS =
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
  const text = await show();
  expect(text.out + text.err).not.toMatch(CONTROLS);
  expect(text.out).toContain('a 2Jb c d e f g');
  const json = await show('--json');
  expect(json.out + json.err).not.toMatch(CONTROLS);
  expect(JSON.parse(json.out)).toMatchObject([{ data: { workflow: hostile } }, {}]);
});
