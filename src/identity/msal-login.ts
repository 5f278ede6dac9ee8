import { ConfidentialClientApplication, ManagedIdentityApplication } from '@azure/msal-node';
import type { AuthenticationResult, NodeAuthOptions } from '@azure/msal-node';
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

function acquireBy(teams: TeamsConfig, fetch: Fetch): () => Promise<AuthenticationResult | null> {
  const { credential, cloud } = teams;
  const system = { networkClient: networkOver(fetch) };
  if (credential.kind === 'managedIdentity') {
    const application = new ManagedIdentityApplication({
      managedIdentityIdParams: { userAssignedClientId: credential.clientId },
      system,
    });
    const resource = cloud.scope.replace(/\/\.default$/, '');
    return () => application.acquireToken({ resource });
  }
  const application = new ConfidentialClientApplication({ auth: authOf(teams), system });
  return () => application.acquireTokenByClientCredential({ scopes: [cloud.scope] });
}

function authOf({ appId, tenantId, credential, cloud }: TeamsConfig): NodeAuthOptions {
  const common = {
    clientId: appId,
    authority: `${cloud.loginUrl}/${tenantId}`,
    // A configured login URL is trusted, so msal need not verify it at the public cloud.
    knownAuthorities: [new URL(cloud.loginUrl).host],
  };
  switch (credential.kind) {
    case 'secret':
      return { ...common, clientSecret: credential.secret };
    case 'certificate': {
      const { thumbprintSha256, privateKey } = credential;
      return { ...common, clientCertificate: { thumbprintSha256, privateKey } };
    }
    case 'managedIdentity':
      throw new Error('a managed identity has no credential');
  }
}
