import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { SignInAttempt, SignInLink } from '../../../src/usecases/ports/sign-in-store.ts';
import { T0, attempt, link } from '../build.ts';
import type { Given } from '../describe-store.ts';

export function signInTests(given: Given): void {
  /** A link whose attempt has returned from the provider. */
  async function taken(more: Partial<SignInLink> = {}): Promise<SignInLink> {
    const made = link(more);
    const tried = attempt();
    await given().store.addLink(made);
    await given().store.openLink(made.id, tried, T0);
    await given().store.takeAttempt(tried.state, T0);
    return made;
  }
  const who = (of: SignInLink, code: string) => ({
    code,
    tenantId: of.tenantId,
    objectId: of.objectId,
  });

  test('adds, opens, takes, parks and redeems a sign-in', async () => {
    const { store } = given();
    const made = link();
    const tried: SignInAttempt = attempt({ browser: 'browser', nonce: 'nonce', verifier: 'jwe' });
    await store.addLink(made);
    expect(await store.openLink(made.id, tried, T0)).toEqual(made);
    expect(await store.takeAttempt(tried.state, T0)).toEqual({ ...made, ...tried });
    await store.park(made.id, { code: 'code', identity: 'encrypted' }, T0);
    expect(await store.redeem(who(made, 'code'), T0)).toEqual({ ...made, identity: 'encrypted' });
  });

  test('gives back a long identity, which no engine can compress', async () => {
    const made = await taken();
    const identity = randomBytes(9_000).toString('base64url');
    await given().store.park(made.id, { code: 'code', identity }, T0);
    expect(await given().store.redeem(who(made, 'code'), T0)).toMatchObject({ identity });
  });

  test('opens a link once, and no unknown one', async () => {
    const { store } = given();
    const made = link();
    await store.addLink(made);
    const opened = await Promise.all(
      Array.from({ length: 5 }, () => store.openLink(made.id, attempt(), T0)),
    );
    expect(opened.filter((found) => found !== undefined)).toEqual([made]);
    expect(await store.openLink('none', attempt(), T0)).toBeUndefined();
  });

  test('takes an attempt once, and no unknown state', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    const made = link();
    const tried = attempt();
    await store.addLink(made);
    await store.openLink(made.id, tried, T0);
    const found = await Promise.all(
      Array.from({ length: 6 }, (_, at) =>
        (at % 2 === 0 ? store : replica).takeAttempt(tried.state, T0),
      ),
    );
    expect(found.filter((one) => one !== undefined)).toHaveLength(1);
    expect(await store.takeAttempt('none', T0)).toBeUndefined();
  });

  test('redeems an identity once', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    const made = await taken();
    await store.park(made.id, { code: 'code', identity: 'encrypted' }, T0);
    const found = await Promise.all(
      Array.from({ length: 6 }, (_, at) =>
        (at % 2 === 0 ? store : replica).redeem(who(made, 'code'), T0),
      ),
    );
    expect(found.filter((one) => one !== undefined)).toHaveLength(1);
    expect(await store.openLink(made.id, attempt(), T0)).toBeUndefined();
  });

  test('redeems a code only for the person of the link', async () => {
    const { store } = given();
    const made = await taken();
    await store.park(made.id, { code: 'code', identity: 'encrypted' }, T0);
    const right = who(made, 'code');
    for (const wrong of [{ code: 'other' }, { tenantId: 'other' }, { objectId: 'other' }]) {
      expect(await store.redeem({ ...right, ...wrong }, T0)).toBeUndefined();
    }
    expect(await store.redeem(right, T0)).toBeDefined();
  });

  test('keeps equal codes of two people apart', async () => {
    const { store } = given();
    const [alex, sam] = [await taken(), await taken({ objectId: 'oid-sam' })];
    await store.park(alex.id, { code: '123456', identity: 'of alex' }, T0);
    await store.park(sam.id, { code: '123456', identity: 'of sam' }, T0);
    expect((await store.redeem(who(sam, '123456'), T0))?.identity).toBe('of sam');
    expect((await store.redeem(who(alex, '123456'), T0))?.identity).toBe('of alex');
  });

  test('parks nothing twice, and nothing before the attempt was taken', async () => {
    const { store } = given();
    const untaken = link();
    await store.addLink(untaken);
    await store.park(untaken.id, { code: 'code', identity: 'encrypted' }, T0);
    expect(await store.redeem(who(untaken, 'code'), T0)).toBeUndefined();
    const made = await taken();
    await store.park(made.id, { code: 'first', identity: 'first' }, T0);
    await store.park(made.id, { code: 'second', identity: 'second' }, T0);
    expect(await store.redeem(who(made, 'second'), T0)).toBeUndefined();
    expect((await store.redeem(who(made, 'first'), T0))?.identity).toBe('first');
  });

  test('rejects every step from the end of the link on', async () => {
    const { store } = given();
    const end = T0 + 100;
    const unopened = link({ expiresAt: end });
    const opened = link({ expiresAt: end });
    const tried = attempt();
    await store.addLink(unopened);
    await store.addLink(opened);
    await store.openLink(opened.id, tried, end - 1);
    const parked = await taken({ expiresAt: end });
    await store.park(parked.id, { code: 'code', identity: 'encrypted' }, end - 1);
    const unparked = await taken({ expiresAt: end });

    expect(await store.openLink(unopened.id, attempt(), end)).toBeUndefined();
    expect(await store.takeAttempt(tried.state, end)).toBeUndefined();
    await store.park(unparked.id, { code: 'late', identity: 'encrypted' }, end);
    expect(await store.redeem(who(unparked, 'late'), end - 1)).toBeUndefined();
    expect(await store.redeem(who(parked, 'code'), end)).toBeUndefined();
    expect(await store.redeem(who(parked, 'code'), end - 1)).toBeDefined();
  });

  test('rejects a second link with the same id', async () => {
    const { store } = given();
    const made = link();
    await store.addLink(made);
    await expect(store.addLink(made)).rejects.toMatchObject({ code: 'store_rejected' });
  });
}
