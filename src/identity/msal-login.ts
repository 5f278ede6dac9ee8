import { ConfidentialClientApplication, ManagedIdentityApplication } from '@azure/msal-node';
import type { AuthenticationResult, NodeAuthOptions } from '@azure/msal-node';
import type { TeamsConfig } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import type { BotToken, Login } from './bot-credentials.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { networkOver } from '../net/msal-network.ts';

/**
 * The bot's login at Entra with a secret, a certificate or a managed identity. Bypasses msal's
 * cache: ours renews earlier, and once for all callers.
 */
export function msalLogin(teams: TeamsConfig, fetch: Fetch): Login {
  const { credential, cloud } = teams;
  const system = { networkClient: networkOver(fetch) };
  if (credential.kind === 'managedIdentity') {
    const application = new ManagedIdentityApplication({
      managedIdentityIdParams: { userAssignedClientId: credential.clientId },
      system,
    });
    const resource = cloud.scope.replace(/\/\.default$/, '');
    return async () => read(await application.acquireToken({ resource, forceRefresh: true }));
  }
  const application = new ConfidentialClientApplication({ auth: authOf(teams), system });
  return async () =>
    read(
      await application.acquireTokenByClientCredential({
        scopes: [cloud.scope],
        skipCache: true,
      }),
    );
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

function read(result: AuthenticationResult | null): BotToken {
  const expiresOn = result?.expiresOn;
  if (result === null || result.accessToken === '' || !expiresOn) {
    throw new Error('the login returned no token');
  }
  // msal uses the machine's clock; the remaining lifetime is the same on ours.
  return { value: result.accessToken, lifeMs: expiresOn.getTime() - systemClock.now() };
}
