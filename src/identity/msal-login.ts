import { ConfidentialClientApplication, ManagedIdentityApplication } from '@azure/msal-node';
import type { AuthenticationResult } from '@azure/msal-node';
import type { TeamsConfig } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import type { BotCredentials } from '../usecases/ports/bot-credentials.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { msalCredential } from '../net/msal-credential.ts';
import type { ManagedToken } from '../net/msal-credential.ts';
import { networkOver } from '../net/msal-network.ts';

/**
 * The bot's login at Entra with a secret, a certificate, a federated credential or a managed
 * identity, which is asked through `platform` (plain http on this machine). msal caches the
 * token: it renews it when Entra asks for that (`refresh_in`), or five minutes before the expiry.
 */
export function msalLogin(
  teams: TeamsConfig,
  { clock, fetch, platform }: { clock: Clock; fetch: Fetch; platform: Fetch },
): BotCredentials {
  const acquire = acquireBy(teams, { fetch, platform });
  return {
    async token() {
      const result = await acquire();
      const expiresOn = result?.expiresOn;
      if (!result || result.accessToken === '' || !expiresOn) {
        throw new Error('the login returned no token');
      }
      // msal uses the machine's clock; the remaining lifetime is the same on ours.
      const lifeMs = expiresOn.getTime() - systemClock.now();
      return { value: result.accessToken, expiresAt: clock.now() + lifeMs };
    },
  };
}

function acquireBy(
  { appId, tenantId, credential, cloud }: TeamsConfig,
  { fetch, platform }: { fetch: Fetch; platform: Fetch },
): () => Promise<AuthenticationResult | null> {
  if (credential.kind === 'managedIdentity') {
    const application = managedIdentity(credential.clientId, platform);
    const resource = cloud.scope.replace(/\/\.default$/, '');
    return () => application.acquireToken({ resource });
  }
  const auth = {
    clientId: appId,
    authority: `${cloud.loginUrl}/${tenantId}`,
    // A configured login URL is trusted, so msal need not verify it at the public cloud.
    knownAuthorities: [new URL(cloud.loginUrl).host],
    ...msalCredential(credential, managedToken(platform)),
  };
  const networkClient = networkOver(fetch);
  const application = new ConfidentialClientApplication({ auth, system: { networkClient } });
  const scopes = [cloud.scope];
  return () => networkClient.during(() => application.acquireTokenByClientCredential({ scopes }));
}

function managedIdentity(clientId: string, platform: Fetch): ManagedIdentityApplication {
  return new ManagedIdentityApplication({
    managedIdentityIdParams: { userAssignedClientId: clientId },
    system: { networkClient: networkOver(platform) },
  });
}

function managedToken(platform: Fetch): ManagedToken {
  return async ({ clientId, resource }) => {
    const { accessToken } = await managedIdentity(clientId, platform).acquireToken({ resource });
    return accessToken;
  };
}
