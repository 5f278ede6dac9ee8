/** The local OpenID provider: panva's oidc-provider with the demo people, on loopback. */
import { createServer, type Server } from 'node:http';
import { decodeJwt } from 'jose';
import { Provider } from 'oidc-provider';
import { systemClock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import { listenOnLoopback, stopServer } from './loopback.ts';
import { demoBotAppId, demoPipeline } from './people.ts';
import {
  cliClientId,
  localClients,
  personGrantType,
  signInClientId,
  teamsClientId,
  type Clients,
} from './provider/clients.ts';
import { providerConfiguration } from './provider/configuration.ts';
import { handleInteraction } from './provider/interaction.ts';
import { openKeys, rotated, type SigningKeys } from './provider/keys.ts';
import { registerPersonGrant } from './provider/person-grant.ts';
import { apiAudience, botResource } from './provider/resources.ts';
import { memoryStorage } from './provider/storage.ts';
import { requestToken } from './provider/token-requests.ts';
import type { LocalProvider, PersonTokenOptions, ProviderOptions } from './provider/types.ts';
import { sign } from './signing.ts';
import type { Person } from './world.ts';

export type { LocalProvider, ProviderOptions } from './provider/types.ts';

/**
 * Starts the provider on 127.0.0.1. Rejects when the port is taken or the file of keys cannot be
 * read.
 */
export async function startProvider(options: ProviderOptions): Promise<LocalProvider> {
  const pipelines = options.pipelines ?? [demoPipeline()];
  const botAppId = options.botAppId ?? demoBotAppId;
  const clients = localClients({
    pipelines,
    redirectUri: () => `${options.serviceUrl()}/auth/callback`,
    signInSecret: options.clientSecret,
  });
  let keys = await openKeys(options.keysFile);
  const server = createServer();
  const issuer = await listenOnLoopback(server, options.port ?? 0);
  const findPerson = (id: string) => options.people.find((person) => person.id === id);
  const shared = {
    issuer,
    people: options.people,
    pipelines,
    botAppId,
    cookieKeys: [systemIds.secret(32)],
    storage: memoryStorage((clientId) => clients.find(clientId)),
    now: options.now ?? systemClock.now,
    subjects: options.subjects ?? 'shared',
  };
  const build = (signing: SigningKeys) => {
    const provider = new Provider(issuer, providerConfiguration({ ...shared, keys: signing }));
    registerPersonGrant(provider, { botAppId, findPerson });
    return { provider, handle: provider.callback() };
  };
  let current = build(keys);
  serve(server, {
    issuer,
    people: options.people,
    provider: () => current.provider,
    returnTo: () => new URL(options.serviceUrl()).origin,
    rest: (req, res) => current.handle(req, res),
  });
  return {
    ...tokens({
      issuer,
      clients,
      botAppId,
      firstPipeline: pipelines[0]?.clientId,
      keys: () => keys,
    }),
    setRoles(personId, roles) {
      need(findPerson(personId), personId).roles = [...roles];
    },
    setDepartment(personId, department) {
      need(findPerson(personId), personId).department = department;
    },
    async rotateKeys({ drop = false } = {}) {
      keys = await rotated({ keys, drop, file: options.keysFile });
      // oidc-provider cannot change its keys, so a new instance takes over the same storage.
      current = build(keys);
    },
    stop: () => stopServer(server),
  };
}

type TokenParts = {
  issuer: string;
  clients: Clients;
  botAppId: string;
  firstPipeline: string | undefined;
  keys(): SigningKeys;
};

function tokens(
  parts: TokenParts,
): Omit<LocalProvider, 'setRoles' | 'setDepartment' | 'rotateKeys' | 'stop'> {
  const { issuer, clients, botAppId } = parts;
  const tokenEndpoint = `${issuer}/token`;
  const ask = (clientId: string, form: Record<string, string>) => {
    const clientSecret = need(clients.secrets[clientId], clientId);
    return requestToken({ endpoint: tokenEndpoint, clientId, clientSecret, form });
  };
  const askForPerson = (clientId: string, person: string, resource: string) =>
    ask(clientId, { grant_type: personGrantType, person, resource });
  const personToken = async ({ personId, audience, overrides }: PersonTokenOptions) => {
    const token =
      audience === 'bot'
        ? await askForPerson(teamsClientId, personId, botResource(botAppId))
        : await askForPerson(cliClientId, personId, apiAudience);
    if (overrides === undefined) return token;
    return sign(parts.keys()[0], { claims: { ...decodeJwt(token), ...overrides } });
  };
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    tokenEndpoint,
    apiAudience,
    signInClient: {
      clientId: signInClientId,
      clientSecret: need(clients.secrets[signInClientId], signInClientId),
    },
    personToken,
    singleSignOnToken: (personId, resource = botResource(botAppId)) =>
      askForPerson(teamsClientId, personId, resource),
    workloadToken: (clientId = parts.firstPipeline ?? '') =>
      ask(clientId, { grant_type: 'client_credentials', resource: apiAudience }),
    forge: (options) => sign(parts.keys()[0], options),
  };
}

type ServeParts = {
  issuer: string;
  people: readonly Person[];
  provider(): Provider;
  returnTo(): string;
  rest: ReturnType<Provider['callback']>;
};

function serve(server: Server, parts: ServeParts): void {
  const { host } = new URL(parts.issuer);
  server.on('request', (req, res) => {
    // Another host name here means DNS rebinding.
    if (req.headers.host !== host) return void res.writeHead(421).end();
    handleInteraction(parts, req, res)
      .then((handled) => (handled ? undefined : parts.rest(req, res)))
      .catch(() => {
        if (!res.headersSent) res.writeHead(500);
        res.end();
      });
  });
}

function need<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new Error(`the local provider does not know ${name}`);
  return value;
}
