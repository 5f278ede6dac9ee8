import { personReader } from '../../../src/domain/people/readers.ts';
import { beforeEach, expect, test } from '@jest/globals';
import type { EventBody } from '../../../src/domain/events/catalogue.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { personKey } from '../../../src/usecases/people/people.ts';
import { erasePerson } from '../../../src/usecases/people/erase-person.ts';
import type { RecordEvents } from '../../../src/usecases/record-events.ts';
import type { Conversation } from '../../../src/usecases/ports/card-store.ts';
import type { Decision, Request } from '../../../src/domain/request/request.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import { principal } from '../../support/builders.ts';
import { openedEvents, recorderIn } from '../../support/events.ts';
import {
  T0,
  TOKEN,
  card,
  change,
  job,
  decision,
  deciding,
  link,
  newId,
  next,
  onceKey,
  person,
  request,
  seen,
  submission,
} from '../build.ts';
import type { Given } from '../describe-store.ts';

const alex = person('alex');
const dana = person('dana');
const admin = principal({ key: 'local|ada', roles: ['administrator'] });

/** What the log records of somebody who cancels. */
function cancelled(by: { key: string; name: string }): EventBody {
  const { key, name } = by;
  return {
    type: 'request.cancelled',
    requestId: null,
    actor: { key, name },
    data: { token: { ...TOKEN, subject: `sub-${name}` } },
  };
}

export function erasureTests(given: Given): void {
  let store: Store;
  let record: RecordEvents;
  beforeEach(() => {
    ({ store } = given());
    record = recorderIn(store);
  });

  const write = (by: RecordEvents, to: Store, bodies: readonly EventBody[]) =>
    by(bodies, T0, (recorded) => to.commit(change(recorded)));
  const erase = (who: string, at = store, by = record) =>
    erasePerson(
      {
        store: at,
        record: by,
        ids: systemIds,
        clock: { now: () => T0 },
        administration: { issuers: ['local'], roles: ['administrator'], auditorRoles: [] },
        linkedTo: (key) => (key === 'local|alex' ? [alex.key] : []),
      },
      { by: admin, person: who, reason: 'left the company' },
    );
  const subjects = async () => {
    const events = await openedEvents(store, await store.unsealedEvents(100));
    return events.map(({ data }) => (data['token'] as { subject?: string } | undefined)?.subject);
  };

  test('the first use of a person by two replicas at once makes one key', async () => {
    const replica = await given().reopen();
    const replicas = [store, replica].map((one) => ({ one, by: recorderIn(one) }));
    await Promise.all(
      Array.from({ length: 20 }, (_, at) => {
        const { one, by } = replicas[at % 2] ?? { one: store, by: record };
        return write(by, one, [cancelled(alex)]);
      }),
    );
    expect(await store.findPersonKeys([alex.key])).toHaveLength(1);
    expect(await subjects()).toEqual(Array.from({ length: 20 }, () => 'sub-alex'));
  });

  test('a commit with a key that is gone is refused, and writes nothing', async () => {
    const gone = { person: alex.key, pseudonym: 'per_gone', encrypted: 'e', isNew: false };
    const asked = request();
    await expect(store.commit(submission(asked, { personKeys: [gone] }))).rejects.toMatchObject({
      code: 'person_key_changed',
    });
    expect(await store.loadRequest(asked.id)).toBeUndefined();
    expect(await store.unsealedEvents(9)).toEqual([]);
  });

  test('a refused key does not fail the commits beside it', async () => {
    const gone = { person: alex.key, pseudonym: 'per_gone', encrypted: 'e', isNew: false };
    const results = await Promise.allSettled([
      store.commit(submission(request())),
      store.commit(submission(request(), { personKeys: [gone] })),
      store.commit(submission(request())),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('a key that is cached and erased by another replica is made anew', async () => {
    await write(record, store, [cancelled(alex)]);
    await write(record, store, [cancelled(alex)]);
    const [before] = await store.findPersonKeys([alex.key]);
    const replica = await given().reopen();
    expect(await erase(alex.key, replica, recorderIn(replica))).toMatchObject({ kind: 'erased' });
    await write(record, store, [cancelled(alex)]);
    const [after] = await store.findPersonKeys([alex.key]);
    expect(after?.pseudonym).not.toBe(before?.pseudonym);
    const told = await subjects();
    expect(told.filter((subject) => subject === 'sub-alex')).toHaveLength(1);
    expect(told.filter((subject) => subject === undefined)).toHaveLength(2);
  });

  test('the erasure overwrites ended requests and decisions, and raises their version', async () => {
    const asked = request({ reason: 'for alex', state: 'pending' });
    await store.commit(submission(asked));
    await store.commit(deciding(asked, { decision: decision(asked, { reason: 'mine' }) }));
    const decided = await store.loadRequest(asked.id);
    if (!decided) throw new Error('no request');
    const ended = next(decided, { state: 'applied' });
    await store.commit(
      change({ guard: { requestId: asked.id, version: decided.version }, request: ended }),
    );
    expect(await erase('oid-alex')).toEqual({ kind: 'erased', requests: 1, keys: 0 });
    const kept = await store.loadRequest(asked.id);
    expect(kept).toMatchObject({
      version: ended.version + 1,
      requester: { key: dana.key },
      reason: 'for alex',
      decisions: [
        {
          word: 'approve',
          approver: { key: expect.stringMatching(/^erased\|/), name: '(erased)', objectId: null },
          reason: '(erased)',
          evidence: { role: 'approver', token: { subject: '(erased)', tokenId: null } },
        },
      ],
    });
    expect(JSON.stringify(kept)).not.toMatch(/oid-alex|contoso:alex|mine/);
    expect(await erase(dana.key)).toEqual({ kind: 'erased', requests: 1, keys: 0 });
    const without = await store.loadRequest(asked.id);
    expect(without).toMatchObject({ salt: null, reason: '(erased)', digest: asked.digest });
    expect(await store.listRequests({ requester: dana.key, limit: 9 })).toEqual([]);
    expect(await store.listRequests({ readers: [personReader(dana.key)], limit: 9 })).toEqual([]);
  });

  test('is refused while a request names the person that has not ended', async () => {
    const asked = request();
    await store.commit(submission(asked));
    expect(await erase(dana.key)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'person_in_use', params: { numbers: ['1'] } },
    });
    const unknown = next(asked, { state: 'unknown' });
    const guard = { requestId: asked.id, version: asked.version };
    await store.commit(change({ guard, request: unknown }));
    expect(await erase('oid-dana')).toMatchObject({ refusal: { code: 'person_in_use' } });
  });

  test('a request that is asked for while a person is erased is not overwritten half', async () => {
    const { erase: real } = store;
    const asked = request();
    await write(record, store, [cancelled(dana)]);
    const racing: Store = {
      ...store,
      erase: async (erasure) => {
        if ((await store.loadRequest(asked.id)) === undefined) {
          await store.commit(submission(asked));
        }
        return real(erasure);
      },
    };
    expect(await erase(dana.key, racing)).toMatchObject({ refusal: { code: 'person_in_use' } });
    expect(await store.loadRequest(asked.id)).toMatchObject({ version: 1, requester: dana });
  });

  test('deletes what is known of the person, and of nobody else', async () => {
    const asked = request({ state: 'denied' });
    const chat = { conversationId: 'a:alex', serviceUrl: 'https://t.example/', activityId: 'm1' };
    const own = card(asked, { ...chat, channel: null, state: 'posted', postedRevision: 1 });
    const repeat = onceKey({ requestId: asked.id });
    await store.commit(
      submission(asked, {
        cards: [own],
        onceKeys: [repeat],
        people: [seen('alex'), seen('dana')],
        conversations: ['alex', 'dana'].map((name) => ({
          key: `person:contoso:oid-${name}`,
          tenantId: 'contoso',
          conversationId: `a:${name}`,
          serviceUrl: 'https://t.example/',
          userId: `29:${name}`,
          updatedAt: T0,
        })),
      }),
    );
    const owner = { tenantId: 'contoso', objectId: 'oid-alex', provider: 'entra' };
    await record([cancelled(alex)], T0, (recorded) =>
      store.startSession(
        {
          ...owner,
          id: newId('ses'),
          principal: alex.key,
          generation: 1,
          createdAt: T0,
          usedAt: T0,
          endsAt: T0 + 1_000_000,
          encrypted: 'jwe',
          encryptedWith: 'key-1',
        },
        recorded,
      ),
    );
    const opened = link({ objectId: 'oid-alex' });
    await store.addLink(opened);
    expect(await erase('29:alex')).toEqual({ kind: 'erased', requests: 0, keys: 1 });
    expect(await store.findPerson('person:contoso:oid-alex')).toBeUndefined();
    expect(await store.findConversation('person:contoso:oid-alex')).toBeUndefined();
    expect(await store.findSession(owner)).toBeUndefined();
    expect((await store.loadWithCards(asked.id))?.cards).toEqual([]);
    expect((await store.findPeople(['approver'], 9)).map(({ name }) => name)).toEqual(['dana']);
    expect(await store.findConversation('person:contoso:oid-dana')).toBeDefined();
    expect(await store.findPersonKeys([alex.key])).toEqual([]);
    expect(await store.findOnceKey(repeat.kind, repeat.key)).toBeDefined();
    const attempt = { state: 's', browser: 'b', nonce: 'n', verifier: 'v' };
    expect(await store.openLink(opened.id, attempt, T0)).toBeUndefined();
  });

  test('finds by an object id what only a chat or a refusal left', async () => {
    const oid = '33f6d812-74ca-4e50-9029-8c312dae4f53';
    const key = `person:contoso:${oid}`;
    const place = { tenantId: 'contoso', conversationId: 'a:9', serviceUrl: 'https://t.example/' };
    const met = { key, ...place, userId: '29:someone', updatedAt: T0 };
    await store.commit(change({ conversations: [met] }));
    await write(record, store, [cancelled({ key: `entra|public|contoso|${oid}`, name: 'some' })]);
    expect(await erase(oid.toUpperCase())).toEqual({ kind: 'erased', requests: 0, keys: 1 });
    expect(await store.findConversation(key)).toBeUndefined();
    expect(await subjects()).not.toContain('sub-some');
  });

  test.each(['a:b', 'a%3Ab', 'a'])('finds a chat in a tenant whose id is %s', async (tenantId) => {
    const oid = '33f6d812-74ca-4e50-9029-8c312dae4f53';
    const key = personKey({ tenantId, objectId: oid });
    const place = { tenantId, conversationId: 'a:9', serviceUrl: 'https://t.example/' };
    const met = { key, ...place, userId: '29:someone', updatedAt: T0 };
    // The key of another person, with the colon elsewhere.
    const near = { ...met, key: personKey({ tenantId: 'a', objectId: `b:${oid}` }), userId: null };
    await store.commit(change({ conversations: [met, { ...near, tenantId: 'a' }] }));
    await write(record, store, [cancelled({ key: `idp|${tenantId}|${oid}`, name: 'some' })]);
    expect(await erase(oid)).toEqual({ kind: 'erased', requests: 0, keys: 1 });
    expect(await store.findConversation(key)).toBeUndefined();
    expect(await store.findConversation(near.key)).toBeDefined();
  });

  test('follows the identities that the configuration links', async () => {
    await write(record, store, [cancelled(alex)]);
    await erase('local|alex');
    expect(await store.findPersonKeys([alex.key])).toEqual([]);
  });

  test('records who erased, by the pseudonym that the person had', async () => {
    await write(record, store, [cancelled(alex)]);
    const [key] = await store.findPersonKeys([alex.key]);
    await erase(alex.key);
    const events = await openedEvents(store, await store.unsealedEvents(9));
    expect(events.find(({ type }) => type === 'person.erased')).toMatchObject({
      actor: admin.key,
      data: { pseudonyms: [key?.pseudonym], reason: 'left the company' },
    });
  });

  test('an administrator cannot erase themselves', async () => {
    expect(await erase(admin.key)).toMatchObject({ refusal: { code: 'own_erasure' } });
  });

  /** A request that has ended, and the words on it. */
  const ended = async (given: Partial<Request> = {}, words: Partial<Decision>[] = []) => {
    const asked = request({ state: 'denied', ...given });
    await store.commit(submission(asked, { events: [], cards: [], jobs: [] }));
    for (const word of words) {
      const guard = { requestId: asked.id, version: asked.version };
      await store.commit(change({ guard, decision: decision(asked, word) }));
    }
    return asked;
  };
  const knownAs = (objectId: string, given: Partial<Conversation> = {}) =>
    store.commit(
      change({
        conversations: [
          {
            key: `person:contoso:${objectId}`,
            tenantId: 'contoso',
            conversationId: `a:${objectId}`,
            serviceUrl: 'https://t.example/',
            userId: `29:${objectId}`,
            updatedAt: T0,
            ...given,
          },
        ],
      }),
    );

  test('deletes the replies that wait to be sent, whoever they are for, and no other job', async () => {
    await knownAs('oid-sam');
    const reply = (objectId: string) =>
      job({
        key: `reply:${objectId}`,
        kind: 'reply',
        about: { type: 'person', id: `person:contoso:${objectId}` },
        body: JSON.stringify({ text: `To ${objectId}` }),
      });
    const card = job({ key: 'card:req_9' });
    await store.commit(change({ jobs: [reply('oid-sam'), reply('oid-kim'), card] }));
    await erase('oid-sam');
    const left = await store.leaseJobs({ limit: 9, leaseMs: 1, now: T0 });
    expect(left.map(({ key }) => key)).toEqual(['card:req_9']);
  });

  test('finds the requests of all commits by a name that the first one deletes', async () => {
    const many = Array.from({ length: 201 }, () => request({ state: 'denied' }));
    await Promise.all(
      many.map((asked) =>
        store.commit(
          submission(asked, { events: [], cards: [], jobs: [], people: [seen('dana')] }),
        ),
      ),
    );
    expect(await erase('29:dana')).toMatchObject({ kind: 'erased', requests: 201 });
    expect(await store.listRequests({ requester: dana.key, limit: 9 })).toEqual([]);
    expect(await store.listRequests({ readers: [personReader(dana.key)], limit: 9 })).toEqual([]);
  });

  test('a text that nobody is called by changes no request', async () => {
    const asked = await ended({}, [{ word: 'deny' }]);
    const before = await store.loadRequest(asked.id);
    for (const text of ['deny', 'deploy-production', 'contoso', 'denied', 'reason', 'client']) {
      expect([text, await erase(text)]).toEqual([text, { kind: 'erased', requests: 0, keys: 0 }]);
    }
    expect(await store.loadRequest(asked.id)).toEqual(before);
  });

  test('destroys the salt where a field names the person', async () => {
    const asked = await ended({ fields: { service: alex.key } }, [{}]);
    expect(await erase(alex.key)).toMatchObject({ kind: 'erased', requests: 1 });
    const kept = await store.loadRequest(asked.id);
    expect(kept?.fields['service']).toMatch(/^erased\|/);
    expect(kept?.salt).toBeNull();
  });

  test('overwrites the answer of a target that repeats the name of an approver', async () => {
    const said = `Approved by ${alex.name}`;
    const params = { target: 'deploy', status: 200, said };
    const outcome = { code: 'applied', params, reference: `7-${alex.key}`, at: T0 } as const;
    const asked = await ended({ outcome }, [{}]);
    await erase(alex.key);
    expect((await store.loadRequest(asked.id))?.outcome).toEqual({
      ...outcome,
      params: { ...params, said: '(erased)' },
      reference: '(erased)',
    });
  });

  test('keeps the salt where only a decision names the person', async () => {
    const asked = await ended({}, [{}]);
    expect(await erase(alex.key)).toMatchObject({ kind: 'erased', requests: 1 });
    expect((await store.loadRequest(asked.id))?.salt).toBe(asked.salt);
  });

  test('a word that ends a request while its person is erased is overwritten too', async () => {
    const asked = request();
    await store.commit(submission(asked, { events: [] }));
    await write(record, store, [cancelled(alex)]);
    const racing: Store = {
      ...store,
      erase: async (erasure) => {
        const { version } = asked;
        const guard = { requestId: asked.id, version };
        const denied = next(asked, { state: 'denied' });
        const word = decision(asked, { word: 'deny' });
        await store.commit(change({ guard, request: denied, decision: word }));
        return store.erase(erasure);
      },
    };
    expect(await erase(alex.key, racing)).toMatchObject({ kind: 'erased', requests: 1 });
    const kept = await store.loadRequest(asked.id);
    expect(kept?.decisions[0]).toMatchObject({ word: 'deny', approver: { name: '(erased)' } });
    expect(JSON.stringify(kept)).not.toMatch(/oid-alex|contoso:alex/);
  });

  test('an object id is found in lower and upper case', async () => {
    const objectId = '1f0e1f5c-8f61-4dc7-9a59-0a3f35a1c0de';
    const key = `entra|public|contoso|${objectId}`;
    const capital = objectId.toUpperCase();
    const one = await ended({ requester: { ...dana, key, objectId } });
    const two = await ended({ requester: { ...dana, key: 'okta|dana', objectId: capital } });
    await knownAs(objectId);
    expect(await erase(capital)).toMatchObject({ kind: 'erased', requests: 2 });
    const kept = await Promise.all([one, two].map(({ id }) => store.loadRequest(id)));
    expect(kept.map((found) => found?.requester.name)).toEqual(['(erased)', '(erased)']);
    expect(await store.findConversation(`person:contoso:${objectId}`)).toBeUndefined();
  });

  test('a repeat of the requester still finds the request after an approver is erased', async () => {
    const asked = await ended({}, [{}]);
    const repeat = onceKey({ requestId: asked.id });
    await store.commit(change({ onceKeys: [repeat] }));
    expect(await erase(alex.key)).toMatchObject({ kind: 'erased', requests: 1 });
    expect(await store.findOnceKey('idempotency', repeat.key)).toMatchObject({
      requestId: asked.id,
    });
    expect(await erase(dana.key)).toMatchObject({ kind: 'erased', requests: 1 });
    expect(await store.findOnceKey('idempotency', repeat.key)).toBeUndefined();
  });
}
