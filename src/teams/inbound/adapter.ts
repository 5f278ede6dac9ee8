import { BotCallbackHandlerKey, CloudAdapter, TurnContext } from 'botbuilder';
import type { Activity } from 'botbuilder';
import type { TeamsActivity } from './activity.ts';
import type {
  ClaimsIdentity,
  ConnectorClient,
  ConnectorClients,
  ConnectorFactory,
} from '../outbound/connector-clients.ts';

/** What an activity is answered with: an invoke's status and body; nothing for the others. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/**
 * Botbuilder's adapter behind the gate: what the gate let through gets a turn with an identity and
 * a connector client that are there already, so that nothing is verified or built twice.
 *
 * The turn is the one of `CloudAdapterBase.processActivity`, written as a native async function.
 * Botbuilder's own are compiled to generator functions, made anew in each turn; V8 gives each of
 * them a map of its own in the old generation, and what they can reach (the activity, the answer)
 * outlives every collection but a full one.
 */
export class GatedAdapter extends CloudAdapter {
  readonly #clients: ConnectorClients;
  readonly #identity: ClaimsIdentity;
  readonly #factory: ConnectorFactory;
  readonly #scope: string;

  constructor({
    clients,
    appId,
    scope,
  }: {
    clients: ConnectorClients;
    appId: string;
    scope: string;
  }) {
    super(clients);
    this.#clients = clients;
    this.#identity = this.createClaimsIdentity(appId);
    this.#factory = clients.createConnectorFactory(this.#identity);
    this.#scope = scope;
  }

  /** Runs one turn. What `logic` answers goes back as the invoke's response. */
  async run(
    activity: TeamsActivity,
    logic: (activity: TeamsActivity) => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> {
    let answer: Answer | undefined;
    const turn = async () => {
      answer = (await logic(activity)) ?? { status: 200 };
    };
    await this.runMiddleware(await this.#context(activity, turn), turn);
    return answer;
  }

  override async runMiddleware(
    context: TurnContext,
    next: (context: TurnContext) => Promise<void>,
  ): Promise<void> {
    const { proxy, revoke } = Proxy.revocable(context, {});
    try {
      await this.middleware.run(proxy, () => next(proxy));
    } finally {
      revoke();
    }
  }

  /** The cached client of a service URL, for what is sent outside a turn. */
  client(serviceUrl: string): Promise<ConnectorClient> {
    return this.#clients.client(serviceUrl, this.#identity);
  }

  async #context(activity: TeamsActivity, turn: () => Promise<void>): Promise<TurnContext> {
    // Who calls for a skill is botbuilder's to say, never the sender's.
    const raw: unknown = { ...activity.raw, callerId: undefined };
    const context = new TurnContext(this, raw as Activity);
    const { turnState } = context;
    turnState.set(this.BotIdentityKey, this.#identity);
    turnState.set(this.ConnectorClientKey, await this.client(activity.serviceUrl));
    turnState.set(
      this.UserTokenClientKey,
      await this.#clients.createUserTokenClient(this.#identity),
    );
    turnState.set(BotCallbackHandlerKey, turn);
    turnState.set(this.ConnectorFactoryKey, this.#factory);
    turnState.set(this.OAuthScopeKey, this.#scope);
    return context;
  }
}
