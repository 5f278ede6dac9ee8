import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../src/local/find.ts';
import { APPROVALS, startLocalParts } from '../../src/local/profile.ts';
import type { LocalParts } from '../../src/local/profile.ts';
import type { Json } from '../../src/local/world.ts';
import { auditRows, auditSize, query, verifyLog } from '../support/audit-rows.ts';
import { writeConfig } from '../support/local-world.ts';
import {
  askByApi,
  askByPipeline,
  cardsOf,
  DEPLOYMENT,
  eventuallyIn,
  placeInChannel,
  pressActivity,
  signedOn,
  textAt,
} from '../support/people-at-work.ts';
import type { Place } from '../support/people-at-work.ts';
import { serviceProcess } from '../support/service-process.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { seeded } from './campaign/seeded.ts';
import { WIRE_TRANSFER, WITH_BANK } from '../support/wire-transfer.ts';

// The service is a real process that gets SIGKILL; provider, connector and target keep running. A
// kill is triggered by a call that target or connector receives, or by time.
const LEASE_MS = 1_000;
const SEED = 20_261_122;
const RANDOM_KILLS = 12;

let home: string;
let file: string;
let world: LocalParts;
let service: ServiceProcess;
/** Called for each webhook that took effect, before the target answers. */
let onWebhook: (webhookId: string) => void = () => undefined;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-kill-'));
  file = join(home, 'countersign.db');
  world = await startLocalParts({
    home,
    configPath: await writeConfig(home, WITH_BANK),
    limits: 'off',
    heard: ({ webhookId }) => onWebhook(webhookId),
  });
  const { configPath, env } = world;
  service = serviceProcess({ configPath, env, leaseMs: LEASE_MS, cache: join(home, 'compiled') });
  await service.start();
  await world.connector.install();
});
afterAll(async () => {
  await service?.stop();
  await world?.stop();
  await rm(home, { recursive: true, force: true });
});

/** A pattern that calls a function with the path of every call of the bot. */
class Watch extends RegExp {
  readonly #seen: (path: string) => boolean;

  constructor(seen: (path: string) => boolean) {
    super('');
    this.#seen = seen;
  }

  override test(path: string): boolean {
    return this.#seen(path);
  }
}

/** Kills at the next call of this kind; `lost`: the call is not carried out either. */
function killAtCall(method: string, path: RegExp, { lost }: { lost: boolean }): void {
  let armed = true;
  world.connector.fail({
    method,
    drop: lost ? 'before' : 'after',
    path: new Watch((called) => {
      if (!armed || !path.test(called)) return false;
      armed = false;
      service.kill();
      return true;
    }),
  });
}

/** Kills when the target has received this request's webhook, at the first `times` deliveries. */
function killAtWebhook(id: string, times = 1): void {
  let left = times;
  onWebhook = (webhookId) => {
    if (left === 0 || !webhookId.includes(id)) return;
    left -= 1;
    service.kill();
  };
}

/** Sends bytes and resolves when the operating system has them, without waiting for an answer. */
function sendBytes(path: string, headers: Record<string, string>, body: Json): Promise<void> {
  return new Promise((resolve) => {
    const text = JSON.stringify(body);
    const outgoing = httpRequest(
      `${world.url}${path}`,
      {
        method: 'POST',
        agent: false,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
          ...headers,
        },
      },
      (incoming) => incoming.resume(),
    );
    // The process at the other end is killed in a moment.
    outgoing.on('error', () => undefined);
    outgoing.end(text, () => resolve());
  });
}

async function sendClick(activity: Json): Promise<void> {
  const token = await world.connector.channelToken();
  await sendBytes('/api/messages', { authorization: `Bearer ${token}` }, activity);
}

/** Sends the same activity until it is answered, as Teams and a user do. */
function resend(activity: Json): Promise<Json> {
  return eventually('an answer to the click', async () => {
    try {
      const { status, body } = await world.connector.post(activity);
      return status === 200 && (body as Json);
    } catch (error) {
      // Node's own errors belong to another realm under a test runner.
      if ((error as { code?: unknown }).code === undefined) throw error;
      return false;
    }
  });
}

interface Asked {
  readonly id: string;
  readonly number: number;
  readonly place: Place;
  readonly click: Json;
}

async function asked(): Promise<Asked> {
  const { id, number } = await askByPipeline(world);
  const place = await placeInChannel(world, number);
  // A kill before the message's id is stored makes a second card, which another test is about.
  await eventually(
    'the card is stored as posted',
    () =>
      query(file, "SELECT 1 FROM cards WHERE request_id = ? AND state = 'posted'", id).length > 0,
  );
  return { id, number, place, click: await clickOn(place, id) };
}

async function clickOn(place: Place, exchange: string): Promise<Json> {
  return pressActivity(world, 'amara', {
    place,
    verb: 'approve',
    value: await signedOn(world, 'amara', exchange),
  });
}

/** Expects one decision, one execution, settled cards and a valid log. */
async function expectSettled({
  id,
  number,
  places,
}: {
  id: string;
  number: number;
  places: readonly Place[];
}): Promise<void> {
  await eventuallyIn(world, id, 'applied');
  for (const place of places) {
    await eventually('applied on the card', () => /Applied/.test(textAt(world, 'rafael', place)));
  }
  expect(cardsOf(world.connector.messages('rafael', APPROVALS), number)).toHaveLength(
    places.length,
  );
  expect(
    query(
      file,
      `SELECT stage, approver_key AS who, count(*) AS words FROM decisions
    WHERE request_id = ? GROUP BY stage, approver_key`,
      id,
    ),
  ).toEqual([{ stage: 'stage-1', who: expect.any(String), words: 1 }]);
  for (const type of [
    'request.submitted',
    'request.decided',
    'request.approved',
    'request.applying',
    'request.applied',
  ]) {
    const rows = auditRows(file, id).filter((row) => row.type === type);
    expect({ type, times: rows.length }).toEqual({ type, times: 1 });
  }
  const deliveries = world.target.deliveries.filter(({ body }) =>
    JSON.stringify(body).includes(id),
  );
  expect(deliveries.filter(({ repeat }) => !repeat)).toHaveLength(1);
  expect(new Set(deliveries.map(({ webhookId }) => webhookId))).toEqual(new Set([`msg_${id}`]));
  expect(new Set(deliveries.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  await eventually(
    'no jobs left',
    () =>
      query(file, "SELECT key FROM jobs WHERE kind <> 'expire' AND about_id = ?", id).length === 0,
  );
  expect((await verifyLog(file, { url: world.url, home })).report).toMatchObject({ ok: true });
}

/** Waits until the armed kill has happened, and starts the next process. */
async function restart(): Promise<void> {
  await service.gone();
  await service.start();
}

describe('killed between click and card', () => {
  test('settles when killed after the bytes of the click are sent', async () => {
    const { click, place, ...one } = await asked();
    await sendClick(click);
    service.kill();
    await restart();
    await resend(click);
    await expectSettled({ ...one, places: [place] });
  });

  test('settles when killed after the answer to the click', async () => {
    const { click, place, ...one } = await asked();
    await world.connector.post(click);
    service.kill();
    await restart();
    await expectSettled({ ...one, places: [place] });
  });

  test('settles when killed after the target received the webhook, and again at its repeat', async () => {
    const { click, place, ...one } = await asked();
    killAtWebhook(one.id, 2);
    await resend(click);
    await restart();
    await restart();
    await resend(click);
    await expectSettled({ ...one, places: [place] });
    const deliveries = world.target.deliveries.filter(
      ({ webhookId }) => webhookId === `msg_${one.id}`,
    );
    expect(deliveries.map(({ repeat }) => repeat)).toEqual([false, true, true]);
  });

  test.each([
    ['has taken an update of the card', false],
    ['is being sent an update of the card', true],
  ])('settles when killed after Teams %s', async (_name, lost) => {
    const { click, place, ...one } = await asked();
    killAtCall('PUT', new RegExp(place.messageId), { lost });
    await resend(click);
    await restart();
    await expectSettled({ ...one, places: [place] });
  });
});

test('does not send a webhook again when killed after a target that drops no repeats received it', async () => {
  const { id, number } = await askByApi(world, 'mia', WIRE_TRANSFER);
  const place = await placeInChannel(world, number);
  killAtWebhook(id);
  await resend(await clickOn(place, id));
  await restart();
  const request = await eventuallyIn(world, id, 'unknown');
  expect(request).toMatchObject({ outcome: { code: 'interrupted' } });
  await eventually('the unknown outcome on the card', () =>
    /outcome not known/.test(textAt(world, 'rafael', place)),
  );
  expect(world.target.deliveries.filter(({ webhookId }) => webhookId.includes(id))).toHaveLength(1);
});

describe('killed before the click', () => {
  test('creates one request by the repeat of a submission whose answer was lost', async () => {
    const token = await world.provider.workloadToken();
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': 'killed-1' };
    const before = Number(query(file, 'SELECT count(*) AS n FROM requests')[0]?.['n']);
    await sendBytes('/v1/requests', headers, DEPLOYMENT);
    service.kill();
    await restart();
    const response = await fetch(`${world.url}/v1/requests`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(DEPLOYMENT),
    });
    expect([200, 201]).toContain(response.status);
    expect(query(file, 'SELECT count(*) AS n FROM requests')).toEqual([{ n: before + 1 }]);
    const { id, number } = (await response.json()) as { id: string; number: number };
    const place = await placeInChannel(world, number);
    await resend(await clickOn(place, id));
    await expectSettled({ id, number, places: [place] });
  });

  test('settles an unknown copy as well when killed after Teams accepted the first card', async () => {
    killAtCall('POST', /\/v3\/conversations\/?$/, { lost: false });
    const { id, number } = await askByPipeline(world);
    const orphan = await placeInChannel(world, number);
    await restart();
    const both = await eventually('the second card, which the service knows', () => {
      const found = cardsOf(world.connector.messages('rafael', APPROVALS), number);
      return found.length === 2 && found;
    });
    await resend(await clickOn(orphan, id));
    const places = both.map((message) => ({ chatId: APPROVALS, messageId: message.id }));
    await expectSettled({ id, number, places });
  });
});

describe(`killed at random, seed ${SEED}`, () => {
  const draw = seeded(SEED);
  const delays = Array.from({ length: RANDOM_KILLS }, (_, at) => [at + 1, draw.whole(90)]);

  test.each(delays)('settles after kill %i, %i ms after the click', async (_number, delayMs) => {
    const { click, place, ...one } = await asked();
    await sendClick(click);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    service.kill();
    await restart();
    await resend(click);
    await expectSettled({ ...one, places: [place] });
  });
});

test('all events are sealed, the log verifies, and no process wrote an error', async () => {
  const { exit, report } = await eventually('all events sealed', async () => {
    const verified = await verifyLog(file, { url: world.url, home });
    return verified.report.size === auditSize(file) && verified;
  });
  expect({ exit, ok: report.ok, unsealed: report.unsealed }).toEqual({
    exit: 0,
    ok: true,
    unsealed: 0,
  });
  expect(query(file, 'SELECT key, error FROM jobs WHERE due_at IS NULL')).toEqual([]);
  expect(service.errors()).toBe('');
});
