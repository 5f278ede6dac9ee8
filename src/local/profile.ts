import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compose } from '../compose/compose.ts';
import type { Overrides } from '../compose/foundation.ts';
import type { Service } from '../compose/lifecycle.ts';
import { loadConfig } from '../compose/load-config.ts';
import type { Config } from '../config/config.ts';
import { systemIds } from '../lib/ids.ts';
import { startConnector } from './connector.ts';
import type { LocalConnector } from './connector.ts';
import type { ChannelSpec, ConnectorOptions } from './connector/types.ts';
import { keptFile } from './kept-file.ts';
import { demoBotAppId, demoPeople, demoTenantId } from './people.ts';
import { startProvider, type LocalProvider } from './provider.ts';
import { removeStore } from './store-file.ts';
import { startTarget } from './target.ts';
import type { Delivery, Target } from './target.ts';
import type { Person } from './world.ts';

const APP_SECRET = 'local-bot-secret';
const TEAM = { id: '19:team-release@thread.tacv2', name: 'Release' };
export const APPROVALS = '19:approvals@thread.tacv2';

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
    const { config } = loadConfig({ path, env, profile: 'local' });
    const service = await compose(config, options.overrides);
    stops.push(() => service.stop());
    const { url } = await service.start();
    await parts.connector.install();
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
  const people = demoPeople();
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
    channels: [{ id: APPROVALS, name: 'Approvals', team: TEAM }, ...(options.channels ?? [])],
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
  const configPath =
    options.configPath ?? fileURLToPath(new URL('./countersign.yaml', import.meta.url));
  return { people, provider, connector, target, url, env, configPath };
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
