/** The clients of the local provider: the service, Teams, a person's CLI, and pipelines. */
import type { ClientMetadata } from 'oidc-provider';
import { systemIds } from '../../lib/ids.ts';
import type { Pipeline } from '../people.ts';

/** The service's own sign-in client. */
export const signInClientId = 'countersign';

/** Teams desktop and mobile, as Microsoft publishes it; `azp` of single sign-on tokens. */
export const teamsClientId = '1fec8e78-bce4-4aaf-ab1b-5451cc387264';

/** The command line of a person. */
export const cliClientId = 'countersign-cli';

/** The grant by which Teams or the CLI, which know the person, get a token. */
export const personGrantType = 'urn:countersign:local:grant-type:person';

/** The clients with their secrets; those of Teams and the CLI are new at each start. */
export interface Clients {
  readonly secrets: Readonly<Record<string, string>>;
  find(clientId: string): ClientMetadata | undefined;
}

/** Creates the clients; `redirectUri` is called at each look-up. */
export function localClients(options: {
  pipelines: readonly Pipeline[];
  redirectUri(): string;
  signInSecret: string | undefined;
}): Clients {
  const secrets: Record<string, string> = {
    [signInClientId]: options.signInSecret ?? systemIds.secret(32),
    [teamsClientId]: systemIds.secret(32),
    [cliClientId]: systemIds.secret(32),
  };
  for (const { clientId, clientSecret } of options.pipelines) secrets[clientId] = clientSecret;
  const grantOf = (clientId: string): Partial<ClientMetadata> => {
    if (clientId === signInClientId) {
      return {
        client_name: 'Countersign',
        redirect_uris: [options.redirectUri()],
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
    find(clientId) {
      const secret = Object.hasOwn(secrets, clientId) ? secrets[clientId] : undefined;
      if (secret === undefined) return undefined;
      return { client_id: clientId, client_secret: secret, ...grantOf(clientId) };
    },
  };
}
