import { ConfidentialClientApplication, ManagedIdentityApplication } from '@azure/msal-node';
import type { AuthenticationResult, Configuration } from '@azure/msal-node';
import type { GroupLookupConfig } from '../config/config.ts';
import type { Fetch } from './bounded-fetch.ts';
import { networkOver } from './msal-login.ts';

/** Access tokens for Microsoft Graph in one tenant. Both throw where the login gives none. */
export interface GraphTokens {
  /** As the application itself (client credentials). */
  application(tenant: string): Promise<string>;
  /** As the person whose access token for us this is (on behalf of). */
  person(tenant: string, assertion: string): Promise<string>;
}

/**
 * Logs in with the configured registration, or as the managed identity of the machine. The login's
 * own addresses are handed to msal, which would look them up otherwise, so that nothing but the
 * configured host is ever called; a managed identity is asked for over `platform`, where the
 * machine's environment says (plain http).
 */
export function createGraphTokens(
  lookup: GroupLookupConfig,
  { fetch, platform }: { fetch: Fetch; platform: Fetch },
): GraphTokens {
  if (lookup.credential.kind === 'managedIdentity') {
    return byManagedIdentity(lookup.graphUrl, lookup.credential.clientId, platform);
  }
  const scopes = [`${lookup.graphUrl}/.default`];
  /** One for each tenant of the issuer; each keeps its token until shortly before its end. */
  const byTenant = new Map<string, ConfidentialClientApplication>();
  const make = (tenant: string) =>
    new ConfidentialClientApplication(configurationOf(lookup, tenant, fetch));
  return {
    async application(tenant) {
      const application = byTenant.get(tenant) ?? make(tenant);
      byTenant.set(tenant, application);
      return read(await application.acquireTokenByClientCredential({ scopes }));
    },
    async person(tenant, assertion) {
      // A client for each exchange: msal keeps every answer for good, one for each person's token.
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

/** Its tokens are of its own tenant alone: which one that is, is checked with the configuration. */
function byManagedIdentity(resource: string, clientId: string, platform: Fetch): GraphTokens {
  const application = new ManagedIdentityApplication({
    managedIdentityIdParams: { userAssignedClientId: clientId },
    // Its own repeats take up to a minute, and a click waits.
    system: { networkClient: networkOver(platform), disableInternalRetries: true },
  });
  return {
    application: async () => read(await application.acquireToken({ resource })),
    person: () => Promise.reject(new Error('a managed identity asks as itself alone')),
  };
}

function configurationOf(
  { clientId, credential, loginUrl }: GroupLookupConfig,
  tenant: string,
  fetch: Fetch,
): Configuration {
  if (credential.kind === 'managedIdentity') throw new Error('it has no credential of its own');
  const authority = `${loginUrl}/${tenant}`;
  return {
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
      ...(credential.kind === 'secret'
        ? { clientSecret: credential.secret }
        : {
            clientCertificate: {
              thumbprintSha256: credential.thumbprintSha256,
              privateKey: credential.privateKey,
            },
          }),
    },
    system: { networkClient: networkOver(fetch) },
  };
}

function read(result: AuthenticationResult | null): string {
  if (result === null || result.accessToken === '') throw new Error('the login gave no token');
  return result.accessToken;
}
