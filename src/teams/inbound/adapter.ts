import { BotCallbackHandlerKey, CloudAdapter, TurnContext } from 'botbuilder';
import type { Activity } from 'botbuilder';
import type { TeamsConfig } from '../../config/config.ts';
import type { TeamsActivity } from './activity.ts';
import type {
  ClaimsIdentity,
  ConnectorClient,
  ConnectorClients,
  ConnectorFactory,
} from '../outbound/connector-clients.ts';

/** The response to an activity; only invokes have a body. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/**
 * Botbuilder's adapter behind the gate. It gives each activity a turn with a known identity and a
 * cached connector client, so that nothing is verified or created twice.
 *
 * The turn repeats `CloudAdapterBase.processActivity` as a native async function. Botbuilder's own
 * functions are compiled to generators, which are created again in each turn. V8 gives each of them
 * a map in the old generation, so the activity and the response survive every collection except a
 * full one.
 */
export class GatedAdapter extends CloudAdapter {
  readonly #clients: ConnectorClients;
  readonly #identity: ClaimsIdentity;
  readonly #factory: ConnectorFactory;
  readonly #scope: string;

  constructor(clients: ConnectorClients, { appId, cloud }: Pick<TeamsConfig, 'appId' | 'cloud'>) {
    super(clients);
    this.#clients = clients;
    this.#identity = this.createClaimsIdentity(appId);
    this.#factory = clients.createConnectorFactory(this.#identity);
    this.#scope = cloud.scope;
  }

  /** Runs one turn. The result of `logic` is the invoke's response. */
  async run(
    activity: TeamsActivity,
    logic: (activity: TeamsActivity) => Promise<Answer | undefined>,
  ): Promise<Answer> {
    let answer: Answer = { status: 200 };
    const turn = async () => {
      answer = (await logic(activity)) ?? answer;
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

  /** The cached client of a service URL, for calls outside a turn. */
  client(serviceUrl: string): Promise<ConnectorClient> {
    return this.#clients.client(serviceUrl, this.#identity);
  }

  async #context(activity: TeamsActivity, turn: () => Promise<void>): Promise<TurnContext> {
    // Only botbuilder may set callerId, never the sender.
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
