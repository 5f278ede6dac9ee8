import { ConfidentialClientApplication, ManagedIdentityApplication } from '@azure/msal-node';
import type { AuthenticationResult } from '@azure/msal-node';
import type { TeamsConfig } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import type { BotCredentials } from '../usecases/ports/bot-credentials.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { networkOver } from '../net/msal-network.ts';

/**
 * The bot's login at Entra with a secret, a certificate or a managed identity. msal caches the
 * token: it renews it when Entra asks for that (`refresh_in`), or five minutes before the expiry.
 */
export function msalLogin(
  teams: TeamsConfig,
  { clock, fetch }: { clock: Clock; fetch: Fetch },
): BotCredentials {
  const acquire = acquireBy(teams, fetch);
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
  fetch: Fetch,
): () => Promise<AuthenticationResult | null> {
  const system = { networkClient: networkOver(fetch) };
  if (credential.kind === 'managedIdentity') {
    const application = new ManagedIdentityApplication({
      managedIdentityIdParams: { userAssignedClientId: credential.clientId },
      system,
    });
    const resource = cloud.scope.replace(/\/\.default$/, '');
    return () => application.acquireToken({ resource });
  }
  const auth = {
    clientId: appId,
    authority: `${cloud.loginUrl}/${tenantId}`,
    // A configured login URL is trusted, so msal need not verify it at the public cloud.
    knownAuthorities: [new URL(cloud.loginUrl).host],
    ...(credential.kind === 'secret'
      ? { clientSecret: credential.secret }
      : { clientCertificate: credential }),
  };
  const application = new ConfidentialClientApplication({ auth, system });
  return () => application.acquireTokenByClientCredential({ scopes: [cloud.scope] });
}
