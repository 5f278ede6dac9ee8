import { CloudAdapter, INVOKE_RESPONSE_KEY } from 'botbuilder';
import type {
  Activity, ConfigurationBotFrameworkAuthentication, TurnContext,
} from 'botbuilder';
import type { TeamsActivity } from './activity.ts';
import type { ClaimsIdentity, ConnectorClient, ConnectorClients } from './connector-clients.ts';

/** What an activity is answered with: an invoke's status and body; nothing for the others. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** The same body as JSON text, where that is at hand already. */
  readonly json?: string;
}

type ReadyResult = Awaited<
  ReturnType<ConfigurationBotFrameworkAuthentication['authenticateRequest']>
>;

/**
 * Botbuilder's adapter behind the gate: an activity that the gate let through is handed over with
 * a ready authentication result, so that nothing is verified or built twice in a request.
 */
export class GatedAdapter extends CloudAdapter {
  readonly #clients: ConnectorClients;
  readonly #ready: ReadyResult;
  readonly #identity: ClaimsIdentity;

  constructor({ clients, appId, scope }: {
    clients: ConnectorClients; appId: string; scope: string;
  }) {
    super(clients);
    this.#clients = clients;
    this.#identity = this.createClaimsIdentity(appId);
    this.#ready = {
      audience: scope,
      claimsIdentity: this.#identity,
      connectorFactory: clients.createConnectorFactory(this.#identity),
    };
  }

  /** Runs one turn. What `logic` answers goes back as the invoke's response. */
  async run(
    activity: TeamsActivity,
    logic: (activity: TeamsActivity) => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> {
    const turn = async (context: TurnContext) => {
      const answer = (await logic(activity)) ?? { status: 200 };
      context.turnState.set(INVOKE_RESPONSE_KEY, { type: 'invokeResponse', value: answer });
    };
    const raw: unknown = activity.raw;
    return this.processActivity(this.#ready, raw as Activity, turn);
  }

  /** The cached client of a service URL, for what is sent outside a turn. */
  client(serviceUrl: string): Promise<ConnectorClient> {
    return this.#clients.client(serviceUrl, this.#identity);
  }
}
