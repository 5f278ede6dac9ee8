import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Principal } from '../../../src/domain/people/principal.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Workflow } from '../../../src/domain/workflow/workflow.ts';
import type { TeamsConfig } from '../../../src/config/config.ts';
import { identityError } from '../../../src/identity/codes.ts';
import type { IdentityCode } from '../../../src/identity/codes.ts';
import { idsFrom } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import type { Running } from '../../../src/lib/loop.ts';
import { startConnector } from '../../../src/local/connector.ts';
import type { LocalConnector } from '../../../src/local/connector.ts';
import { demoBotAppId, demoPeople, demoTenantId } from '../../../src/local/people.ts';
import { en } from '../../../src/text/en.ts';
import type { Text } from '../../../src/text/text.ts';
import { createTeams, createTeamsOutbound } from '../../../src/teams/teams.ts';
import type { App } from '../../../src/usecases/app.ts';
import type { RenewClaims } from '../../../src/usecases/ports/renew-claims.ts';
import type { Sessions } from '../../../src/usecases/ports/sessions.ts';
import type { TeamsCards } from '../../../src/usecases/ports/cards.ts';
import type { TeamsSender } from '../../../src/usecases/ports/teams-sender.ts';
import type { Turn } from '../../../src/usecases/ports/notifier.ts';
import type { Conversation } from '../../../src/usecases/ports/card-store.ts';
import { NOW, pendingRequest, principal, workflow } from '../../support/builders.ts';
import { memoryLeases } from '../../support/memory-leases.ts';

export const APP_SECRET = 'a-secret-of-the-test';
export const CHANNEL = '19:approvals@thread.tacv2';
export const mia = demoPeople()[0];
export const amara = demoPeople()[2];

/** The configuration that fits a local connector. */
export function teamsConfig(
  connector: LocalConnector,
  change: Partial<TeamsConfig> = {},
): TeamsConfig {
  return {
    appId: demoBotAppId,
    appType: 'SingleTenant',
    tenantId: demoTenantId,
    credential: { kind: 'secret', secret: APP_SECRET },
    allowedTenants: [demoTenantId],
    cloud: {
      issuer: connector.issuer,
      metadataUrl: connector.metadataUrl,
      loginUrl: connector.loginUrl,
      scope: `${connector.botScope}/.default`,
      serviceUrlHosts: [new URL(connector.serviceUrl).host],
    },
    singleSignOn: {
      enabled: true,
      issuer: 'local',
      connectionName: 'countersign',
      resource: `api://botid-${demoBotAppId}`,
      audiences: [demoBotAppId],
      clients: [],
      scope: 'access_as_user',
    },
    signIn: null,
    ...change,
  };
}

/** A local connector whose people and channels all have the app; what it sends is swallowed. */
export async function startWire(
  given: { limits?: 'on' | 'off'; now?: () => number } = {},
): Promise<LocalConnector> {
  const sink = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => void sink.listen(0, '127.0.0.1', resolve));
  const { port } = sink.address() as AddressInfo;
  const team = { id: '19:team@thread.tacv2', name: 'Ops' };
  const connector = await startConnector({
    appId: demoBotAppId,
    appSecret: APP_SECRET,
    tenantId: demoTenantId,
    people: demoPeople(),
    channels: [{ id: CHANNEL, name: 'Approvals', team }],
    botEndpoint: () => `http://127.0.0.1:${port}/api/messages`,
    singleSignOn: () => Promise.reject(new Error('off')),
    limits: given.limits ?? 'off',
    ...(given.now ? { now: given.now } : {}),
  });
  await connector.install();
  sink.close();
  sink.closeAllConnections();
  return connector;
}

/** Cards that say what they were asked for, so that a test sees which one was shown. */
export const plainCards: TeamsCards = {
  request: (request, { viewer, refreshFor }) => ({
    card: {
      type: 'AdaptiveCard',
      of: request.id,
      state: request.state,
      version: request.version,
      viewer,
      refreshFor,
    },
    summary: `Request ${request.number}`,
  }),
  review: (request, { viewer }) => ({
    card: { type: 'AdaptiveCard', review: request.id, viewer },
    summary: 'Review',
  }),
  status: (number) => ({ card: { type: 'AdaptiveCard', status: number }, summary: 'Status' }),
  form: ({ workflow: { id }, values, problem, rest }) => ({
    card: {
      type: 'AdaptiveCard',
      form: id,
      values,
      problem: problem ?? null,
      ...(rest ? { rest } : {}),
    },
    summary: 'Form',
  }),
  dialogForm: ({ workflow: { id }, values, problem, message }) => ({
    type: 'AdaptiveCard',
    dialog: id,
    values,
    problem: problem ?? null,
    ...(message === undefined ? {} : { message }),
  }),
  dialogNote: (sentence) => ({ type: 'AdaptiveCard', note: sentence }),
  picker: (workflows, typed) => ({
    card: {
      type: 'AdaptiveCard',
      choose: workflows.map(({ id }) => id),
      ...(typed ? { typed } : {}),
    },
    summary: 'Picker',
  }),
  help: (workflows) => ({
    card: { type: 'AdaptiveCard', help: workflows.map(({ id }) => id) },
    summary: 'Help',
  }),
};

/** One call of the fake application. */
export interface Called {
  readonly name: string;
  readonly input: unknown;
}

type Handlers = Partial<{ [Name in keyof App]: App[Name] }>;

/** An application at our own port: it records what it is asked, and answers what a test says. */
export function fakeApp(
  handlers: Handlers,
  workflows: readonly Workflow[] = [workflow()],
): { app: App; calls: Called[] } {
  const calls: Called[] = [];
  const defaults: Handlers = {
    rememberConversation: () => Promise.resolve(),
    placeOpened: () => Promise.resolve(),
    replyLater: () => Promise.resolve(),
    recordMismatch: () => Promise.resolve(),
    refreshFor: () => Promise.resolve([]),
    findWorkflow: (text) => workflows.filter(({ id }) => id.startsWith(text)),
    getWorkflow: (id) => workflows.find((one) => one.id === id),
    loadForCard: () => Promise.resolve(undefined),
  };
  const known: Record<string, unknown> = { ...defaults, ...handlers };
  const app = new Proxy(
    {},
    {
      get:
        (_target, name) =>
        (...input: unknown[]): unknown => {
          const handler = known[String(name)];
          calls.push({ name: String(name), input: input.length === 1 ? input[0] : input });
          if (typeof handler !== 'function') throw new Error(`not expected: ${String(name)}`);
          return handler(...input);
        },
    },
  );
  return { app: app as App, calls };
}

/** Token texts that the fake identity knows: `good` is the sender's; others name their error. */
export const identity = {
  verifySingleSignOn(token: string, sender: TeamsSender): Promise<Principal> {
    if (token === 'good') return Promise.resolve(amaraPrincipal(sender));
    return Promise.reject(identityError(token as IdentityCode));
  },
};

export function amaraPrincipal(sender: TeamsSender): Principal {
  return principal({
    key: `local|${sender.objectId}`,
    tenant: sender.tenantId,
    objectId: sender.objectId,
    name: sender.name,
    roles: ['approver'],
  });
}

export function countingIds() {
  let count = 0;
  return idsFrom((size) => new Uint8Array(size).fill((count += 1) % 250));
}

/** Short, for heartbeats come in real time. */
const LEASE_MS = 400;
const running: Running[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

/** How a job waits that nobody hears of. */
export const TURN: Turn = {
  dueAt: NOW,
  aside: () => undefined,
  signal: new AbortController().signal,
};

/** A bot on a wire; `handlers` are what the fake application answers. */
export function startBot(
  connector: LocalConnector,
  given: {
    handlers?: Handlers;
    workflows?: readonly Workflow[];
    config?: Partial<TeamsConfig>;
    signIn?: { redeem?: (code: string) => Principal };
    sessions?: Sessions;
    renewClaims?: RenewClaims;
    conversations?: readonly Conversation[];
    text?: Text;
    cards?: (text: Text) => TeamsCards;
    wait?: (ms: number) => Promise<void>;
    timeoutMs?: number;
    now?: () => number;
  } = {},
) {
  const provider = { issuer: 'local', clientId: 'countersign', clientSecret: 'x', scopes: [] };
  const config = teamsConfig(connector, {
    signIn: given.signIn === undefined ? null : provider,
    ...given.config,
  });
  const workflows = given.workflows ?? [workflow()];
  const { app, calls } = fakeApp(given.handlers ?? {}, workflows);
  const directory = {
    findConversation: (key: string) =>
      Promise.resolve(given.conversations?.find((one) => one.key === key)),
  };
  const clock = { now: given.now ?? (() => NOW) };
  const basics = { clock, ids: countingIds(), log: silentLogger };
  const channels = {
    approvals: {
      tenantId: demoTenantId,
      teamId: '19:team@thread.tacv2',
      channelId: CHANNEL,
      serviceUrl: connector.serviceUrl,
    },
  };
  const { text = en } = given;
  const outbound = createTeamsOutbound({
    ...basics,
    text,
    config,
    directory,
    remember: app.rememberConversation,
    allowLoopbackHttp: true,
    channels,
    credentials: {
      token: async () => ({ value: await connector.botToken(), expiresAt: NOW + 3_600_000 }),
    },
    ...(given.wait ? { wait: given.wait } : {}),
    leases: memoryLeases(),
    threadMac: (text) => text,
    leaseMs: LEASE_MS,
    ...(given.timeoutMs === undefined ? {} : { timeoutMs: given.timeoutMs }),
  });
  running.push(outbound.start());
  const { signIn } = given;
  const teams = createTeams({
    ...basics,
    config,
    channels,
    app,
    outbound,
    identity,
    textFor: () => text,
    cards: given.cards ?? (() => plainCards),
    allowLoopbackHttp: true,
    sessions: given.sessions ?? null,
    renewClaims: given.renewClaims ?? null,
    workflows: { list: () => workflows },
    tokens: { verify: () => Promise.reject(new Error('not at this level')) },
    signIn:
      signIn === undefined
        ? null
        : {
            createLink: ({ requestId, revision, stepUp }) => {
              const acr = stepUp?.acr ? `?acr=${stepUp.acr.join('+')}` : '';
              return Promise.resolve(
                `https://countersign.example/auth/${requestId}/${revision}${acr}`,
              );
            },
            redeem: ({ code }) => {
              const found = signIn.redeem?.(code);
              return found
                ? Promise.resolve(found)
                : Promise.reject(identityError('sign_in_code_invalid'));
            },
          },
  });
  return { teams, calls, outbound };
}

export function approvedRequest(request: Request = pendingRequest()): Request {
  return { ...request, state: 'approved', version: request.version + 1 };
}
