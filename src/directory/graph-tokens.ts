import { ConfidentialClientApplication, ManagedIdentityApplication } from '@azure/msal-node';
import type { AuthenticationResult } from '@azure/msal-node';
import type { GroupLookupConfig } from '../config/config.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { msalCredential } from '../net/msal-credential.ts';
import type { ManagedToken } from '../net/msal-credential.ts';
import { networkOver } from '../net/msal-network.ts';
import type { GraphClient } from './graph-client.ts';

/** One issuer's client, tokens and registration for Microsoft Graph. */
export interface GraphWay {
  readonly client: GraphClient;
  readonly tokens: GraphTokens;
  readonly lookup: GroupLookupConfig;
}

/** Access tokens for Microsoft Graph in one tenant. Both throw if the login fails. */
export interface GraphTokens {
  /** For the application itself (client credentials). */
  application(tenant: string): Promise<string>;
  /** For the person whose access token for us is given (on-behalf-of flow). */
  person(tenant: string, assertion: string): Promise<string>;
}

/**
 * Logs in with the configured registration, or with the machine's managed identity. msal gets the
 * login's addresses from here; otherwise it would look them up at another host. A managed identity
 * uses `platform` for the address in the machine's environment (plain http).
 */
export function createGraphTokens(
  lookup: GroupLookupConfig,
  { fetch, platform }: { fetch: Fetch; platform: Fetch },
): GraphTokens {
  const { clientId, credential, graphUrl, loginUrl } = lookup;
  if (credential.kind === 'managedIdentity') {
    return byManagedIdentity(graphUrl, credential.clientId, platform);
  }
  const network = networkOver(fetch);
  const scopes = [`${graphUrl}/.default`];
  const managedToken: ManagedToken = ({ clientId: identity, resource }) =>
    byManagedIdentity(resource, identity, platform).application('');
  const make = (tenant: string) => {
    const authority = `${loginUrl}/${tenant}`;
    return new ConfidentialClientApplication({
      auth: {
        clientId,
        authority,
        knownAuthorities: [new URL(loginUrl).host],
        authorityMetadata: JSON.stringify({
          issuer: `${authority}/v2.0`,
          authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
          token_endpoint: `${authority}/oauth2/v2.0/token`,
          jwks_uri: `${authority}/discovery/v2.0/keys`,
        }),
        ...msalCredential(credential, managedToken),
      },
      system: { networkClient: network },
    });
  };
  /** One client for each tenant; each caches its token. */
  const byTenant = new Map<string, ConfidentialClientApplication>();
  return {
    async application(tenant) {
      const application = byTenant.get(tenant) ?? make(tenant);
      byTenant.set(tenant, application);
      return read(
        await network.during(() => application.acquireTokenByClientCredential({ scopes })),
      );
    },
    async person(tenant, assertion) {
      // A new client for each exchange: msal would cache every person's token forever.
      return read(
        await make(tenant).acquireTokenOnBehalfOf({
          scopes,
          oboAssertion: assertion,
          skipCache: true,
        }),
      );
    },
  };
}

/** A managed identity belongs to one tenant; the configuration check compares it. */
function byManagedIdentity(resource: string, clientId: string, platform: Fetch): GraphTokens {
  const application = new ManagedIdentityApplication({
    managedIdentityIdParams: { userAssignedClientId: clientId },
    // msal's own retries take up to a minute, and a click waits.
    system: { networkClient: networkOver(platform), disableInternalRetries: true },
  });
  return {
    application: async () => read(await application.acquireToken({ resource })),
    person: () => Promise.reject(new Error('a managed identity cannot act for a person')),
  };
}

function read(result: AuthenticationResult | null): string {
  if (result === null || result.accessToken === '') throw new Error('the login returned no token');
  return result.accessToken;
}
