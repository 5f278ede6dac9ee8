import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compose } from '../compose/compose.ts';
import type { Overrides } from '../compose/foundation.ts';
import type { Service } from '../compose/lifecycle.ts';
import { loadConfig } from '../compose/load-config.ts';
import type { Config } from '../config/config.ts';
import { machineFiles } from '../config/files.ts';
import type { Files } from '../config/files.ts';
import { systemIds } from '../lib/ids.ts';
import { startConnector } from './connector.ts';
import type { LocalConnector } from './connector.ts';
import type { ChannelSpec, ConnectorOptions } from './connector/types.ts';
import { keptFile } from './kept-file.ts';
import { addMissingRoles } from './own/add-missing-roles.ts';
import { withLocalIssuer } from './own/own-workflows.ts';
import type { OwnWorkflows } from './own/own-workflows.ts';
import { localChannel, writeProfileConfig } from './own/profile-config.ts';
import { demoBotAppId, demoPeople, demoTenantId } from './people.ts';
import { writePlaygroundFile } from './playground/config-file.ts';
import { startPlaygroundListener } from './playground/listener.ts';
import type { PlaygroundListener } from './playground/listener.ts';
import { startProvider, type LocalProvider } from './provider.ts';
import { removeStore } from './store-file.ts';
import { startTarget } from './target.ts';
import type { Delivery, Target } from './target.ts';
import type { Person } from './world.ts';

const APP_SECRET = 'local-bot-secret';
const TEAM = { id: '19:team-release@thread.tacv2', name: 'Release' };
export const APPROVALS = localChannel('approvals').id;

/** The parts of the local profile; each speaks its real protocol over loopback. */
export interface LocalProfile extends LocalParts {
  readonly config: Config;
  readonly service: Service;
}

export interface LocalOptions extends Pick<
  ConnectorOptions,
  'limits' | 'resendAfterMs' | 'giveUpAfterMs' | 'log'
> {
  /** Folder of the database and the keys. */
  readonly home: string;
  /** First of the ports of service, provider, connector and target; absent: free ports. */
  readonly port?: number;
  /** Channels besides the demo's. */
  readonly channels?: readonly ChannelSpec[];
  /** A configuration instead of the demo's, with the same `LOCAL_…` variables. */
  readonly configPath?: string;
  /** People instead of the demo's. */
  readonly people?: readonly Person[];
  /** Workflows instead of the demo's. */
  readonly own?: OwnWorkflows;
  /** The Microsoft 365 Agents Playground is the client of one person. */
  readonly playground?: { readonly origin: string; readonly personId?: string | undefined };
  /** Its clock is used by the other parts too. */
  readonly overrides?: Overrides;
  /** Called for each delivery that takes effect at the target, before the answer. */
  readonly heard?: (delivery: Delivery) => void;
}

/** The parts around the service, which may run in this process or in another. */
export interface LocalParts {
  readonly people: readonly Person[];
  readonly provider: LocalProvider;
  readonly connector: LocalConnector;
  readonly target: Target;
  /** The listener for the Playground; absent without `playground`. */
  readonly playground?: PlaygroundListener | undefined;
  /** The address on which the service must listen. */
  readonly url: string;
  /** The configuration of the service, and the environment variables that it uses. */
  readonly configPath: string;
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * Starts provider, Bot Connector, webhook target and the service on 127.0.0.1. When one of them
 * cannot start, stops the others and rejects.
 */
export async function startLocalProfile(options: LocalOptions): Promise<LocalProfile> {
  const parts = await startLocalParts(options);
  const stops = [parts.stop];
  const stop = () => stopAll(stops);
  try {
    const { configPath: path, env } = parts;
    const files = ownFiles(options.own);
    const { config } = loadConfig({ path, env, profile: 'local', files });
    const service = await compose(config, options.overrides);
    stops.push(() => service.stop());
    const { url } = await service.start();
    // Channels are the Playground's then: an installation in ours would move the cards there.
    const personIds = options.playground && parts.people.map(({ id }) => id);
    await parts.connector.install(personIds && { personIds });
    return { ...parts, config, service, url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Starts everything but the service: provider, Bot Connector and webhook target. When one of them
 * cannot start, stops the others and rejects.
 */
export async function startLocalParts(options: LocalOptions): Promise<LocalParts> {
  const stops: (() => Promise<void>)[] = [];
  const stop = () => stopAll(stops);
  try {
    return { ...(await startParts(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Stops all parts in reverse order, even when one fails; then throws the first error. */
async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  const failed: unknown[] = [];
  for (const undo of stops.splice(0).reverse()) {
    await undo().catch((error: unknown) => failed.push(error));
  }
  if (failed.length > 0) throw failed[0];
}

async function startParts(
  options: LocalOptions,
  stops: (() => Promise<void>)[],
): Promise<Omit<LocalParts, 'stop'>> {
  const { home, port: base } = options;
  await mkdir(home, { recursive: true });
  const store = join(home, 'countersign.db');
  const people = peopleOf(options);
  const channels = channelsOf(options);
  const port = base ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const next = (step: number) => (base === undefined ? undefined : base + step);
  const clock = options.overrides?.clock;
  const now = clock && (() => clock.now());
  const webhookSecret = await keptFile(join(home, 'webhook-secret'), () => `whsec_${secret64()}`);
  const provider = await startProvider({
    port: next(2),
    now,
    people,
    serviceUrl: () => url,
    keysFile: join(home, 'provider-keys.json'),
    pipeline: options.own?.pipeline,
  });
  stops.push(() => provider.stop());
  const target = await startTarget({
    port: next(4),
    secret: webhookSecret,
    heard: options.heard,
  });
  stops.push(() => target.stop());
  const connector = await startConnector({
    port: next(3),
    now,
    appId: demoBotAppId,
    appSecret: APP_SECRET,
    tenantId: demoTenantId,
    people,
    channels,
    botEndpoint: () => `${url}/api/messages`,
    singleSignOn: (personId, resource) => provider.singleSignOnToken(personId, resource),
    limits: options.limits,
    resendAfterMs: options.resendAfterMs,
    giveUpAfterMs: options.giveUpAfterMs,
    log: options.log,
  });
  stops.push(() => connector.stop());
  // Only when the ports are ours: a second start by mistake must not delete the database.
  await removeStore(store);
  const env = {
    ...addresses({ provider, connector, target, url }),
    LOCAL_PORT: String(port),
    LOCAL_STORE: store,
    LOCAL_WEBHOOK_SECRET: webhookSecret,
    LOCAL_SIGNING_SECRET: await keptFile(join(home, 'signing-secret'), () => systemIds.secret(48)),
  };
  const playground = await startPlayground(options, { people, provider, connector, port: next(5) });
  if (playground !== undefined) stops.push(() => playground.stop());
  const configPath = await configOf(options);
  return { people, provider, connector, target, playground, url, env, configPath };
}

function peopleOf({ people = demoPeople(), own }: LocalOptions): readonly Person[] {
  return own === undefined ? people : addMissingRoles(people, own.workflows);
}

function channelsOf({ own, channels = [] }: LocalOptions): ChannelSpec[] {
  const named = own?.channels.map(localChannel) ?? [{ id: APPROVALS, name: 'Approvals' }];
  return [...named.map((channel) => ({ ...channel, team: TEAM })), ...channels];
}

/** The configuration: the demo's file as it is, or one that is written for these options. */
async function configOf(options: LocalOptions): Promise<string> {
  const { own, playground, home } = options;
  const from = options.configPath ?? fileURLToPath(new URL('./countersign.yaml', import.meta.url));
  if (own === undefined && playground === undefined) return from;
  const [channel] = channelsOf(options);
  const elsewhere =
    playground && channel
      ? { serviceUrl: `${playground.origin}/_connector`, channel: channel.id }
      : undefined;
  return writeProfileConfig({ from, home, own, elsewhere });
}

async function startPlayground(
  options: LocalOptions,
  parts: Pick<LocalParts, 'people' | 'provider' | 'connector'> & { port: number | undefined },
): Promise<PlaygroundListener | undefined> {
  const { playground, home } = options;
  if (playground === undefined) return undefined;
  const { people, port = 0 } = parts;
  const { personId = people[0]?.id } = playground;
  const person = people.find(({ id }) => id === personId);
  const [channel] = channelsOf(options);
  if (person === undefined || channel === undefined) throw new UnknownPerson(people);
  const { id, name } = channel;
  await writePlaygroundFile({ home, person, people, team: TEAM, channel: { id, name } });
  return startPlaygroundListener({ ...parts, port, origin: playground.origin });
}

/** The disk as the profile's service reads it: its own workflows name the local issuer. */
function ownFiles(own: OwnWorkflows | undefined): Files {
  if (own === undefined) return machineFiles;
  return {
    ...machineFiles,
    readFile(path) {
      const text = machineFiles.readFile(path);
      return dirname(resolve(path)) === resolve(own.folder) ? withLocalIssuer(text) : text;
    },
  };
}

/** `personId` of the Playground is nobody of the profile. */
export class UnknownPerson extends Error {
  override readonly name = 'UnknownPerson';

  constructor(people: readonly Person[]) {
    super(`--as names nobody of the profile: ${people.map(({ id }) => id).join(', ')}.`);
  }
}

function addresses(
  parts: Pick<LocalParts, 'provider' | 'connector' | 'target' | 'url'>,
): Record<string, string> {
  const { provider, connector, target } = parts;
  const connectorUrl = new URL(connector.serviceUrl);
  return {
    LOCAL_SERVICE_URL: parts.url,
    LOCAL_APP_ID: demoBotAppId,
    LOCAL_TENANT: demoTenantId,
    LOCAL_APP_SECRET: APP_SECRET,
    LOCAL_CHANNEL_ISSUER: connector.issuer,
    LOCAL_CHANNEL_METADATA: connector.metadataUrl,
    LOCAL_LOGIN_URL: connectorUrl.origin,
    LOCAL_BOT_SCOPE: `${connector.botScope}/.default`,
    LOCAL_CONNECTOR_HOST: connectorUrl.host,
    LOCAL_CONNECTOR_URL: connector.serviceUrl,
    LOCAL_SIGN_IN_CLIENT: provider.signInClient.clientId,
    LOCAL_SIGN_IN_SECRET: provider.signInClient.clientSecret,
    LOCAL_ISSUER: provider.issuer,
    LOCAL_TEAM: TEAM.id,
    LOCAL_CHANNEL: APPROVALS,
    LOCAL_TARGET: target.url,
  };
}

function secret64(): string {
  return Buffer.from(systemIds.secret(32), 'base64url').toString('base64');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
