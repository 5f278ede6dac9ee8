/** The clients of the local provider: the service, Teams, a person's CLI, and pipelines. */
import type { ClientMetadata } from 'oidc-provider';
import { systemIds } from '../../lib/ids.ts';
import { demoPipeline } from '../people.ts';

/** The service's own sign-in client. */
export const signInClientId = 'countersign';

/** Teams desktop and mobile, as Microsoft publishes it; `azp` of single sign-on tokens. */
export const teamsClientId = '1fec8e78-bce4-4aaf-ab1b-5451cc387264';

/** The command line of a person. */
export const cliClientId = 'countersign-cli';

/** The grant by which Teams or the CLI, which know the person, get a token. */
export const personGrantType = 'urn:countersign:local:grant-type:person';

export type Clients = ReturnType<typeof localClients>;

/**
 * Creates the clients. All secrets but the pipeline's are new at each start; `redirectUri` is called
 * at each look-up.
 */
export function localClients(redirectUri: () => string) {
  const secrets: Record<string, string> = {
    [signInClientId]: systemIds.secret(32),
    [teamsClientId]: systemIds.secret(32),
    [cliClientId]: systemIds.secret(32),
    [demoPipeline.clientId]: demoPipeline.clientSecret,
  };
  const grantOf = (clientId: string): Partial<ClientMetadata> => {
    if (clientId === signInClientId) {
      return {
        client_name: 'Countersign',
        redirect_uris: [redirectUri()],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
      };
    }
    const person = clientId === teamsClientId || clientId === cliClientId;
    return {
      redirect_uris: [],
      response_types: [],
      grant_types: [person ? personGrantType : 'client_credentials'],
    };
  };
  return {
    secrets,
    find(clientId: string): ClientMetadata | undefined {
      const secret = Object.hasOwn(secrets, clientId) ? secrets[clientId] : undefined;
      if (secret === undefined) return undefined;
      return { client_id: clientId, client_secret: secret, ...grantOf(clientId) };
    },
  };
}
