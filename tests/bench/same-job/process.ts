/**
 * The same job from stock parts, each as its documentation shows it: CloudAdapter for the channel's
 * token and the turn, jsonwebtoken with jwks-rsa for the person's, `node:sqlite` with one durable
 * transaction a decision, `Template.expand` for the card. It checks less than the service: nothing
 * of tenants, kinds of tokens, replays by another request, or who asked.
 */
import { join } from 'node:path';
import { TeamsActivityHandler } from 'botbuilder';
import type { AdaptiveCardInvokeResponse, AdaptiveCardInvokeValue, TurnContext } from 'botbuilder';
import { jsonOr } from '../../../src/lib/strict-json.ts';
import { serveParent } from '../child.ts';
import { jsonWebToken } from '../json-web-token.ts';
import { serveBot, stopBot } from '../stock-bot.ts';
import type { StockBotInput } from '../stock-bot.ts';
import { expandCard } from './card.ts';
import { openStore } from './store.ts';
import type { Asked } from './store.ts';

/** Besides the bot: who signs the tokens of people, and where the database goes. */
export interface SameJobInput extends StockBotInput {
  readonly home: string;
  readonly people: {
    readonly issuer: string;
    readonly audience: string;
    readonly jwksUri: string;
    readonly role: string;
  };
}

class ApprovalBot extends TeamsActivityHandler {
  readonly #verify: (token: string) => Promise<unknown>;
  readonly #store: ReturnType<typeof openStore>;
  readonly #role: string;

  constructor({ people }: SameJobInput, store: ReturnType<typeof openStore>) {
    super();
    const { issuer, audience, jwksUri, role } = people;
    this.#verify = jsonWebToken(jwksUri, { issuer, audience, algorithms: ['RS256'] });
    this.#store = store;
    this.#role = role;
  }

  override async onAdaptiveCardInvoke(
    context: TurnContext,
    { action, authentication }: AdaptiveCardInvokeValue,
  ): Promise<AdaptiveCardInvokeResponse> {
    const claims = jsonOr(await this.#verify(String(authentication?.token)));
    const { oid, name, jti, roles } = claims;
    if (oid !== context.activity.from.aadObjectId) throw new Error("another person's token");
    if (!Array.isArray(roles) || !roles.includes(this.#role)) throw new Error('no role');
    const { r, d } = jsonOr(action.data);
    const at = new Date();
    const request = this.#store.approve({
      requestId: String(r),
      digest: String(d),
      approver: String(oid),
      name: String(name),
      token: String(jti),
      at: at.getTime(),
    });
    const decision = { person: String(name), words: 'approved this', reason: '' };
    const card = expandCard({
      number: request.number,
      state: '✓  Approved',
      title: request.title,
      requester: request.requester,
      facts: Object.entries(request.fields).map(([label, value]) => ({ label, value })),
      stages: [
        {
          name: 'Service owner',
          sign: '✓',
          count: '1 of 1',
          decisions: [{ ...decision, at: `${at.toISOString().slice(0, 19)}Z` }],
        },
      ],
    });
    return { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive', value: card };
  }
}

let store: ReturnType<typeof openStore> | undefined;

serveParent(
  {
    start(input) {
      const given = input as SameJobInput;
      store = openStore(join(given.home, 'same-job.db'));
      return serveBot(given, new ApprovalBot(given, store));
    },
    requests: (input) => store?.add(input as readonly Asked[]),
  },
  async () => {
    await stopBot();
    store?.close();
  },
);
