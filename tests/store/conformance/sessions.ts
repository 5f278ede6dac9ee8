import { expect, test } from '@jest/globals';
import type { StoredSession, WhichSessions } from '../../../src/usecases/ports/session-store.ts';
import { T0, link, newId } from '../build.ts';
import type { Given } from '../describe-store.ts';
import { recorded } from '../../support/events.ts';

const OWNER = { tenantId: 'contoso', objectId: 'oid-alex', provider: 'entra' };

function session(given: Partial<StoredSession> = {}): StoredSession {
  return {
    id: newId('ses'),
    ...OWNER,
    principal: 'entra|public|contoso|oid-alex',
    generation: 1,
    createdAt: T0,
    usedAt: T0,
    endsAt: T0 + 3_600_000,
    encrypted: 'jwe',
    encryptedWith: 'key-1',
    ...given,
  };
}

export function sessionTests(given: Given): void {
  const started = async (more: Partial<StoredSession> = {}) => {
    const made = session(more);
    await given().store.startSession(made, recorded({ type: 'session.started' }));
    return made;
  };
  const found = () => given().store.findSession(OWNER);
  const ended = (which: WhichSessions, always = false) =>
    given().store.endSessions({ which, always, recorded: recorded({ type: 'session.ended' }) });
  const typesOfEvents = async () =>
    (await given().store.unsealedEvents(50)).map(({ type }) => type);
  const lease = (of: StoredSession, holder: string, now = T0) => ({
    id: of.id,
    generation: of.generation,
    holder,
    until: now + 1_000,
    now,
  });

  test('finds a session by its owner alone, and records its start', async () => {
    const made = await started();
    expect(await found()).toEqual(made);
    for (const other of [{ tenantId: 'x' }, { objectId: 'x' }, { provider: 'x' }]) {
      expect(await given().store.findSession({ ...OWNER, ...other })).toBeUndefined();
    }
    expect(await typesOfEvents()).toEqual(['session.started']);
  });

  test('a new sign-in replaces the session, and no session of others', async () => {
    const other = await started({ objectId: 'oid-sam' });
    await started();
    const made = await started();
    expect(await found()).toEqual(made);
    expect(await given().store.findSession({ ...OWNER, objectId: 'oid-sam' })).toEqual(other);
  });

  test('concurrent starts on two replicas leave one session', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    const made = Array.from({ length: 6 }, () => session());
    await Promise.all(
      made.map((one, at) =>
        (at % 2 === 0 ? store : replica).startSession(one, recorded({ type: 'session.started' })),
      ),
    );
    const left = await found();
    expect(made).toContainEqual(left);
    expect(await ended({ kind: 'all' })).toBe(1);
  });

  test('a use moves the end later and never earlier, and only in its generation', async () => {
    const { store } = given();
    const { id } = await started();
    const use = { id, generation: 1, usedAt: T0 + 5, endsAt: T0 + 3_600_005 };
    expect(await store.touchSession(use)).toBe(true);
    expect(await store.touchSession({ ...use, usedAt: T0 + 1, endsAt: T0 + 1 })).toBe(true);
    expect(await store.touchSession({ ...use, generation: 2, usedAt: T0 + 9 })).toBe(false);
    expect(await found()).toMatchObject({ usedAt: T0 + 5, endsAt: T0 + 3_600_005 });
  });

  test('of 16 refreshes on two replicas one gets the lease', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    const made = await started();
    const mine = await Promise.all(
      Array.from({ length: 16 }, (_, at) =>
        (at % 2 === 0 ? store : replica).leaseRefresh(lease(made, `holder-${at}`)),
      ),
    );
    expect(mine.filter((one) => one)).toHaveLength(1);
  });

  test('the lease of a refresh ends by time, by its holder, and with the generation', async () => {
    const { store } = given();
    const made = await started();
    expect(await store.leaseRefresh(lease(made, 'a'))).toBe(true);
    expect(await store.leaseRefresh(lease(made, 'a'))).toBe(true);
    expect(await store.leaseRefresh(lease(made, 'b', T0 + 999))).toBe(false);
    expect(await store.leaseRefresh(lease(made, 'b', T0 + 1_000))).toBe(true);
    await store.releaseRefresh({ id: made.id, holder: 'a' });
    expect(await store.leaseRefresh(lease(made, 'c', T0 + 1_001))).toBe(false);
    await store.releaseRefresh({ id: made.id, holder: 'b' });
    expect(await store.leaseRefresh(lease(made, 'c', T0 + 1_001))).toBe(true);
    expect(await store.leaseRefresh({ ...lease(made, 'd', T0 + 9_000), generation: 2 })).toBe(
      false,
    );
  });

  test('a renewal writes the next generation once', async () => {
    const { store } = given();
    const { id } = await started();
    const next = { id, generation: 1, encrypted: 'new', encryptedWith: 'key-2' };
    expect(await store.renewSession(next)).toBe(true);
    expect(await store.renewSession({ ...next, encrypted: 'of another' })).toBe(false);
    expect(await found()).toMatchObject({
      generation: 2,
      encrypted: 'new',
      encryptedWith: 'key-2',
    });
  });

  test('a renewal does not revive an ended session', async () => {
    const { store } = given();
    const { id } = await started();
    await ended({ kind: 'one', id });
    expect(
      await store.renewSession({ id, generation: 1, encrypted: 'new', encryptedWith: 'key-1' }),
    ).toBe(false);
    expect(await found()).toBeUndefined();
  });

  test('lists and re-encrypts sessions of other keys, unless they changed', async () => {
    const { store } = given();
    const old = await started({ encryptedWith: 'key-1' });
    await started({ objectId: 'oid-sam', encryptedWith: 'key-2' });
    const late = await started({ objectId: 'oid-kim', encryptedWith: 'key-3' });
    const listed = await store.sessionsNotEncryptedWith('key-2', 10);
    expect(listed.map(({ id }) => id).sort()).toEqual([old.id, late.id].sort());
    expect(await store.sessionsNotEncryptedWith('key-2', 1)).toHaveLength(1);
    const anew = { id: old.id, generation: 1, encrypted: 'anew', encryptedWith: 'key-2' };
    expect(await store.reencryptSession({ ...anew, generation: 2 })).toBe(false);
    expect(await store.reencryptSession(anew)).toBe(true);
    expect(await found()).toMatchObject({
      encrypted: 'anew',
      encryptedWith: 'key-2',
      generation: 1,
    });
  });

  test('each way to end sessions ends the chosen ones, and no other', async () => {
    const alex = await started();
    await started({ tenantId: 'fabrikam', principal: 'entra|public|fabrikam|oid-alex' });
    await started({ objectId: 'oid-sam', principal: 'sam' });
    await started({ objectId: 'oid-kim', principal: 'kim' });
    expect(await ended({ kind: 'one', id: 'none' })).toBe(0);
    expect(await ended({ kind: 'person', objectId: 'oid-alex', tenantId: 'other' })).toBe(0);
    expect(await ended({ kind: 'person', objectId: 'oid-alex', tenantId: 'fabrikam' })).toBe(1);
    expect(await found()).toEqual(alex);
    expect(await ended({ kind: 'person', objectId: 'oid-alex' })).toBe(1);
    expect(await ended({ kind: 'principal', key: 'sam' })).toBe(1);
    expect(await ended({ kind: 'all' })).toBe(1);
    expect(await found()).toBeUndefined();
  });

  test('another replica sees an end at once, and the end is recorded', async () => {
    const replica = await given().reopen();
    await started();
    await ended({ kind: 'person', objectId: 'oid-alex' });
    expect(await replica.findSession(OWNER)).toBeUndefined();
    await ended({ kind: 'person', objectId: 'oid-alex' });
    expect(await typesOfEvents()).toEqual(['session.started', 'session.ended']);
    await ended({ kind: 'all' }, true);
    expect(await typesOfEvents()).toHaveLength(3);
  });

  test('purges a session from its end on', async () => {
    const { store } = given();
    await started({ endsAt: T0 + 10 });
    expect(await store.purge(T0 + 9, 100)).toBe(0);
    expect(await store.purge(T0 + 10, 100)).toBe(1);
    expect(await found()).toBeUndefined();
  });

  test('keeps the newest twenty links of a person, and all of others', async () => {
    const { store } = given();
    const links = Array.from({ length: 23 }, (_, at) => link({ expiresAt: T0 + 1_000 + at }));
    const other = link({ objectId: 'oid-sam', expiresAt: T0 + 1 });
    const demanding = link({ expiresAt: T0 + 5_000, demand: '{"acr":["c1"]}' });
    for (const one of [other, ...links, demanding]) await store.addLink(one);
    const state = { browser: 'b', nonce: 'n', verifier: 'v' };
    const open = async ({ id }: { id: string }) =>
      (await store.openLink(id, { ...state, state: newId('st') }, T0)) !== undefined;
    const opened = [];
    for (const one of links) opened.push(await open(one));
    expect(opened.indexOf(true)).toBe(4);
    expect(opened.filter((yes) => yes)).toHaveLength(19);
    expect(await open(other)).toBe(true);
    expect(await store.openLink(demanding.id, { ...state, state: newId('st') }, T0)).toEqual(
      demanding,
    );
  });

  test('lists added keys after the first', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    const key = (id: string) => ({
      id,
      purpose: 'stored-secrets',
      encrypted: 'jwe',
      createdAt: T0,
    });
    await store.addKey(key('k1'));
    await replica.addKey(key('k2'));
    await Promise.all([store.addKey(key('k3')), replica.addKey(key('k4'))]);
    const listed = (await store.listKeys('stored-secrets')).map(({ id }) => id);
    expect(listed.slice(0, 2)).toEqual(['k1', 'k2']);
    expect(listed.slice(2).sort()).toEqual(['k3', 'k4']);
  });
}
