/** The local OpenID provider: panva's oidc-provider with the demo people and pipeline. */
import { createServer } from 'node:http';
import { decodeJwt, type JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { systemClock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import { listenOnLoopback, stopServer } from './loopback.ts';
import { demoPipeline } from './people.ts';
import {
  cliClientId,
  localClients,
  personGrantType,
  signInClientId,
  teamsClientId,
  type Clients,
} from './provider/clients.ts';
import type { Subjects } from './provider/claims.ts';
import { providerConfiguration } from './provider/configuration.ts';
import { handleInteraction } from './provider/interaction.ts';
import { openKeys, rotated } from './provider/keys.ts';
import { registerPersonGrant } from './provider/person-grant.ts';
import { apiAudience, botResource } from './provider/resources.ts';
import { memoryStorage } from './provider/storage.ts';
import { sign, type ForgeOptions } from './signing.ts';
import type { Json, Person } from './world.ts';

/** Options of `startProvider`. */
export interface ProviderOptions {
  /** Port on 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number;
  /** Shared, and read for every token: a changed role is in the next token. */
  readonly people: readonly Person[];
  /** Base address of the service without a trailing slash; sign-in returns to `/auth/callback`. */
  serviceUrl(): string;
  /** Clock of access tokens; id_tokens and cookies use the system's. */
  readonly now?: () => number;
  /** Keeps the signing keys between starts (mode 0600); absent: fresh keys each start. */
  readonly keysFile?: string;
  readonly subjects?: Subjects;
  /** Claims of the demo pipeline besides its own. */
  readonly pipeline?: Json;
}

/** The running local provider. */
export type LocalProvider = Awaited<ReturnType<typeof startProvider>>;

/**
 * Starts the provider on 127.0.0.1. Rejects when the port is taken or the file of keys cannot be
 * read.
 */
export async function startProvider(options: ProviderOptions) {
  const { people } = options;
  const clients = localClients(() => `${options.serviceUrl()}/auth/callback`);
  let keys = await openKeys(options.keysFile);
  const server = createServer();
  const issuer = await listenOnLoopback(server, options.port ?? 0);
  const shared = {
    issuer,
    people,
    cookieKeys: [systemIds.secret(32)],
    storage: memoryStorage(clients.find),
    now: options.now ?? systemClock.now,
    subjects: options.subjects ?? 'shared',
    pipeline: options.pipeline ?? {},
  };
  const build = () => {
    const provider = new Provider(issuer, providerConfiguration({ ...shared, keys }));
    registerPersonGrant(provider, people);
    return { provider, handle: provider.callback() };
  };
  let current = build();
  const { host } = new URL(issuer);
  server.on('request', (req, res) => {
    // Another host name here means DNS rebinding.
    if (req.headers.host !== host) return void res.writeHead(421).end();
    const { provider, handle } = current;
    const returnTo = () => new URL(options.serviceUrl()).origin;
    handleInteraction({ people, provider, returnTo }, req, res)
      .then((handled) => (handled ? undefined : handle(req, res)))
      .catch(() => {
        if (!res.headersSent) res.writeHead(500);
        res.end();
      });
  });
  const personOf = (id: string) =>
    need(
      people.find((person) => person.id === id),
      id,
    );
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    /** `aud` of tokens for `/v1`. */
    apiAudience,
    ...tokenRequests(`${issuer}/token`, clients, () => keys[0]),
    /** Changes the roles in the next tokens of a person. */
    setRoles(personId: string, roles: readonly string[]) {
      personOf(personId).roles = [...roles];
    },
    /** Changes the department in the next tokens of a person. */
    setDepartment(personId: string, department: string) {
      personOf(personId).department = department;
    },
    /** Signs with a new key; the old one stays published unless `drop` is true. */
    async rotateKeys({ drop = false }: { drop?: boolean } = {}) {
      keys = await rotated({ keys, drop, file: options.keysFile });
      // oidc-provider cannot change its keys, so a new instance takes over the same storage.
      current = build();
    },
    stop: () => stopServer(server),
  };
}

/** Gets tokens from the token endpoint, as Teams, the CLI and pipelines do. */
function tokenRequests(tokenEndpoint: string, clients: Clients, signingKey: () => JWK) {
  const secretOf = (clientId: string) => need(clients.secrets[clientId], clientId);
  const ask = async (clientId: string, form: Record<string, string>) => {
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secretOf(clientId))}`;
    const response = await fetch(tokenEndpoint, {
      method: 'POST',
      redirect: 'error',
      headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(10_000),
    });
    const answer = (await response.json()) as Json;
    if (response.ok && typeof answer.access_token === 'string') return answer.access_token;
    throw new Error(`${String(answer.error)}: ${String(answer.error_description)}`);
  };
  /** The single sign-on token of Teams; rejects when `resource` is not this bot's. */
  const singleSignOnToken = (person: string, resource = botResource) =>
    ask(teamsClientId, { grant_type: personGrantType, person, resource });
  const forge = (wanted: ForgeOptions) => sign(signingKey(), wanted);
  return {
    tokenEndpoint,
    /** What the service needs to sign people in (authorization code with PKCE). */
    signInClient: { clientId: signInClientId, clientSecret: secretOf(signInClientId) },
    singleSignOnToken,
    /**
     * A person's token, as Teams (`bot`: aud = the bot's id) or the CLI (`api`) gets it.
     * `overrides`: claims to replace (undefined removes one), signed with the provider's real key.
     */
    async personToken(wanted: { personId: string; audience: 'bot' | 'api'; overrides?: Json }) {
      const { personId: person, audience, overrides } = wanted;
      const form = { grant_type: personGrantType, person, resource: apiAudience };
      const token = await (audience === 'bot' ? singleSignOnToken(person) : ask(cliClientId, form));
      return overrides === undefined
        ? token
        : forge({ claims: { ...decodeJwt(token), ...overrides } });
    },
    /** A token of the demo pipeline (client credentials) for `/v1`. */
    workloadToken: () =>
      ask(demoPipeline.clientId, { grant_type: 'client_credentials', resource: apiAudience }),
    /** Mints any token, valid or not. */
    forge,
  };
}

function need<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new Error(`the local provider does not know ${name}`);
  return value;
}
