import { ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import type { TeamsConfig } from '../../config/config.ts';
import { Lru } from '../../lib/lru.ts';
import type { AgentFor } from '../../net/outgoing.ts';
import { createKeptAlivePolicy } from '../../net/kept-alive.ts';
import type { BotCredentials } from '../../usecases/ports/bot-credentials.ts';
import { isAllowedServiceUrl, withoutSlash } from '../service-url.ts';

type Authentication = ConfigurationBotFrameworkAuthentication;
export type ConnectorFactory = ReturnType<Authentication['createConnectorFactory']>;
export type ConnectorClient = Awaited<ReturnType<ConnectorFactory['create']>>;
export type ClaimsIdentity = Parameters<Authentication['createConnectorFactory']>[0];
type CredentialsFactory = NonNullable<
  ConstructorParameters<typeof ConfigurationBotFrameworkAuthentication>[1]
>;

const MAX_CLIENTS = 64;

/**
 * Botbuilder's authentication without authentication, which the gate has done. Keeps one connector
 * client for each service URL instead of one for each request.
 */
export class ConnectorClients extends ConfigurationBotFrameworkAuthentication {
  readonly #clients = new Lru<Promise<ConnectorClient>>(MAX_CLIENTS);
  readonly #allows: (serviceUrl: string) => boolean;
  readonly #agentFor: AgentFor;
  #userTokens: ReturnType<Authentication['createUserTokenClient']> | undefined;

  constructor(given: {
    config: TeamsConfig;
    credentials: BotCredentials;
    /** Whether http to loopback addresses is taken: the local profile only. */
    allowLoopbackHttp: boolean;
    /** The agents of calls through a proxy. */
    agentFor?: AgentFor;
  }) {
    const { config, agentFor = () => undefined } = given;
    super(
      { MicrosoftAppId: config.appId, ToChannelFromBotOAuthScope: config.cloud.scope },
      credentialsFrom(config.appId, given.credentials),
    );
    this.#agentFor = agentFor;
    const { allowLoopbackHttp } = given;
    this.#allows = (url) =>
      isAllowedServiceUrl(url, { hosts: config.cloud.serviceUrlHosts, allowLoopbackHttp });
  }

  override authenticateRequest(): never {
    throw new Error('activities are authenticated by the gate');
  }

  override authenticateStreamingRequest(): never {
    throw new Error('streaming is not offered');
  }

  override authenticateChannelRequest(): never {
    throw new Error('skills are not offered');
  }

  override createConnectorFactory(identity: ClaimsIdentity): ConnectorFactory {
    return { create: (serviceUrl) => this.client(serviceUrl, identity) };
  }

  override createUserTokenClient(identity: ClaimsIdentity) {
    // Botbuilder requires a token client in every turn. It is never used: sign-in is our own.
    this.#userTokens ??= super.createUserTokenClient(identity);
    return this.#userTokens;
  }

  /** The client for a service URL. Throws if our token must not be sent there. */
  async client(serviceUrl: string, identity: ClaimsIdentity): Promise<ConnectorClient> {
    const key = withoutSlash(serviceUrl);
    const known = this.#clients.get(key);
    if (known) return known;
    if (!this.#allows(serviceUrl)) throw new Error(`service URL ${key} is not on the allow-list`);
    const made = super
      .createConnectorFactory(identity)
      .create(key)
      .then((connector) => withOurPolicies(connector, this.#agentFor));
    this.#clients.set(key, made);
    return made;
  }
}

/** Bearer tokens from our bot credentials: botbuilder's factories need another version of msal. */
function credentialsFrom(appId: string, credentials: BotCredentials): CredentialsFactory {
  return {
    isValidAppId: (id) => Promise.resolve(id === appId),
    isAuthenticationDisabled: () => Promise.resolve(false),
    createCredentials: () =>
      Promise.resolve({
        async signRequest(request) {
          const { value } = await credentials.token();
          request.headers.set('authorization', `Bearer ${value}`);
          return request;
        },
      }),
  };
}

/**
 * Removes the client's retries and redirects. It would post a message again whose answer was lost,
 * wait as long as a server demands, and follow a redirect with our token. Its own reading of the
 * environment's proxy, which includes http to this machine, gives way to our policy of connections.
 */
function withOurPolicies(connector: ConnectorClient, agentFor: AgentFor): ConnectorClient {
  const client: unknown = Reflect.get(connector, 'client');
  const pipeline = (
    client as {
      pipeline?: {
        removePolicy(options: { name: string }): readonly unknown[];
        addPolicy(policy: ReturnType<typeof createKeptAlivePolicy>): void;
      };
    }
  ).pipeline;
  for (const name of ['defaultRetryPolicy', 'redirectPolicy', 'proxyPolicy']) {
    if (pipeline?.removePolicy({ name }).length !== 1) {
      throw new Error(`botframework-connector has no ${name} to remove: look at its pipeline`);
    }
  }
  pipeline?.addPolicy(createKeptAlivePolicy(agentFor));
  return connector;
}
