import { expect, test } from '@jest/globals';
import type { Conversation } from '../../../src/usecases/ports/card-store.ts';
import { T0, card, change, request } from '../build.ts';
import type { Given } from '../describe-store.ts';

export function cardTests(given: Given): void {
  const posted = (conversationId: string, activityId: string) => ({
    conversationId,
    activityId,
    serviceUrl: 'https://smba.example/emea/',
  });
  const cardsOf = async (id: string) => (await given().store.loadWithCards(id))?.cards ?? [];

  test('reads cards back with their request, by id', async () => {
    const { store } = given();
    const [asked, other] = [request(), request()];
    const first = card(asked, { id: 'card_1' });
    const second = card(asked, { id: 'card_2', channel: null, ...posted('a:1', 'm:1') });
    await store.commit(change({ request: asked, cards: [second, first] }));
    await store.commit(change({ request: other, cards: [card(other)] }));
    expect(await cardsOf(asked.id)).toEqual([first, second]);
    expect(await store.loadWithCards('req_none')).toBeUndefined();
  });

  test('reads the same request with and without its cards', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(change({ request: asked }));
    expect(await store.loadWithCards(asked.id)).toEqual({
      request: await store.loadRequest(asked.id),
      cards: [],
    });
    const quoted = card(asked, { id: 'card_1', channel: 'prod "1"\\\u00e9\ud83d\ude80' });
    await store.commit(change({ cards: [quoted] }));
    expect((await store.loadWithCards(asked.id))?.cards).toEqual([quoted]);
  });

  test('replaces a card by its id', async () => {
    const { store } = given();
    const asked = request();
    const slot = card(asked);
    await store.commit(change({ request: asked, cards: [slot] }));
    const filled = {
      ...slot,
      ...posted('19:c', 'm:1'),
      state: 'posted',
      postedRevision: 4,
    } as const;
    await store.commit(change({ cards: [filled] }));
    expect(await cardsOf(asked.id)).toEqual([filled]);
    await store.commit(change({ cards: [{ ...filled, postedRevision: 5 }] }));
    expect(await cardsOf(asked.id)).toMatchObject([{ postedRevision: 5 }]);
  });

  test('ignores a second copy of a posted message, and commits its change', async () => {
    const { store } = given();
    const asked = request();
    const copy = card(asked, { id: 'card_1', ...posted('19:c', 'm:1') });
    await store.commit(change({ request: asked, cards: [copy] }));
    const again = card(asked, { id: 'card_2', ...posted('19:c', 'm:1') });
    const other = card(asked, { id: 'card_3', ...posted('19:c', 'm:2') });
    expect((await store.commit(change({ cards: [again, other] }))).status).toBe('committed');
    expect((await cardsOf(asked.id)).map(({ id }) => id)).toEqual(['card_1', 'card_3']);
  });

  test('a known card does not take the message of another card', async () => {
    const { store } = given();
    const asked = request();
    const slot = card(asked, { id: 'card_2' });
    await store.commit(
      change({
        request: asked,
        cards: [card(asked, { id: 'card_1', ...posted('19:c', 'm:1') }), slot],
      }),
    );
    await store.commit(change({ cards: [{ ...slot, ...posted('19:c', 'm:1') }] }));
    expect(await cardsOf(asked.id)).toContainEqual(slot);
  });

  test('does not take unposted cards for copies of each other', async () => {
    const { store } = given();
    const asked = request();
    const slots = ['card_1', 'card_2'].map((id) =>
      card(asked, { id, channel: null, conversationId: 'a:1', serviceUrl: 'https://s/' }),
    );
    await store.commit(change({ request: asked, cards: slots }));
    expect(await cardsOf(asked.id)).toHaveLength(2);
  });

  const met = (more: Partial<Conversation> = {}): Conversation => ({
    key: 'person:contoso:oid-alex',
    tenantId: 'contoso',
    conversationId: 'a:1',
    serviceUrl: 'https://smba.example/emea/',
    userId: '29:alex',
    updatedAt: T0,
    ...more,
  });

  test('finds a conversation by its key, with its newest values', async () => {
    const { store } = given();
    const channel = met({ key: 'channel:contoso:19:c', userId: null });
    await store.commit(change({ conversations: [met(), channel] }));
    expect(await store.findConversation(channel.key)).toEqual(channel);
    expect(await store.findConversation('none')).toBeUndefined();
    const moved = met({ conversationId: 'a:2', serviceUrl: 'https://t/', updatedAt: T0 + 1 });
    await store.commit(change({ conversations: [moved] }));
    await store.commit(change({ conversations: [met({ updatedAt: T0 - 1 })] }));
    expect(await store.findConversation(met().key)).toEqual(moved);
  });
}
