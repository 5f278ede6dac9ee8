import { join } from 'node:path';
import { systemIds } from '../../src/lib/ids.ts';
import { startConnector } from '../../src/local/connector.ts';
import type { LocalConnector } from '../../src/local/connector.ts';
import { demoBotAppId, demoPeople, demoTenantId } from '../../src/local/people.ts';
import { startProvider } from '../../src/local/provider.ts';
import type { LocalProvider } from '../../src/local/provider.ts';
import { startTarget } from '../../src/local/target.ts';
import type { Target } from '../../src/local/target.ts';
import type { Person } from '../../src/local/world.ts';
import type { StockBotInput } from './stock-bot.ts';
import { freePorts } from '../support/free-ports.ts';

const APP_SECRET = 'local-bot-secret';
const TEAM = { id: '19:team-release@thread.tacv2', name: 'Release' };
export const APPROVALS = '19:approvals@thread.tacv2';

/** The parts around the service, from the local profile, in the process of the benchmark. */
export interface World {
  readonly people: readonly Person[];
  readonly provider: LocalProvider;
  readonly connector: LocalConnector;
  readonly target: Target;
  /** The environment variables of `src/local/countersign.yaml` for these parts. */
  serviceEnv(home: string): Promise<Record<string, string>>;
  readonly stockBot: StockBotInput;
  stop(): Promise<void>;
}

/** Starts provider, Bot Connector and webhook target on loopback. */
export async function startWorld(): Promise<World> {
  const people = demoPeople();
  // The service may start several times; the parts use the running one.
  const current = { url: '' };
  const secret = Buffer.from(systemIds.secret(32), 'base64url').toString('base64');
  const webhookSecret = `whsec_${secret}`;
  const provider = await startProvider({ people, serviceUrl: () => current.url });
  const target = await startTarget({ secret: webhookSecret });
  const connector = await startConnector({
    appId: demoBotAppId,
    appSecret: APP_SECRET,
    tenantId: demoTenantId,
    people,
    channels: [{ id: APPROVALS, name: 'Approvals', team: TEAM }],
    botEndpoint: () => `${current.url}/api/messages`,
    singleSignOn: (personId, resource) => provider.singleSignOnToken(personId, resource),
    limits: 'off',
  });
  const loginUrl = new URL(connector.serviceUrl).origin;
  const fixed = {
    LOCAL_APP_ID: demoBotAppId,
    LOCAL_TENANT: demoTenantId,
    LOCAL_APP_SECRET: APP_SECRET,
    LOCAL_CHANNEL_ISSUER: connector.issuer,
    LOCAL_CHANNEL_METADATA: connector.metadataUrl,
    LOCAL_LOGIN_URL: loginUrl,
    LOCAL_BOT_SCOPE: `${connector.botScope}/.default`,
    LOCAL_CONNECTOR_HOST: new URL(connector.serviceUrl).host,
    LOCAL_CONNECTOR_URL: connector.serviceUrl,
    LOCAL_SIGN_IN_CLIENT: provider.signInClient.clientId,
    LOCAL_SIGN_IN_SECRET: provider.signInClient.clientSecret,
    LOCAL_ISSUER: provider.issuer,
    LOCAL_TEAM: TEAM.id,
    LOCAL_CHANNEL: APPROVALS,
    LOCAL_TARGET: target.url,
    LOCAL_WEBHOOK_SECRET: webhookSecret,
    LOCAL_SIGNING_SECRET: systemIds.secret(48),
  };
  return {
    people,
    provider,
    connector,
    target,
    async serviceEnv(home) {
      const port = await freePorts();
      current.url = `http://127.0.0.1:${port}`;
      return {
        ...fixed,
        LOCAL_SERVICE_URL: current.url,
        LOCAL_PORT: String(port),
        LOCAL_STORE: join(home, 'countersign.db'),
      };
    },
    stockBot: {
      appId: demoBotAppId,
      appSecret: APP_SECRET,
      tenantId: demoTenantId,
      issuer: connector.issuer,
      metadataUrl: connector.metadataUrl,
      loginUrl,
      scope: `${connector.botScope}/.default`,
    },
    async stop() {
      await connector.stop();
      await Promise.all([provider.stop(), target.stop()]);
    },
  };
}
