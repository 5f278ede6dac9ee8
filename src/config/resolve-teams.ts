import { resolve } from 'node:path';
import { CLOUDS, TEAMS_CLIENT_IDS } from './clouds.ts';
import type { ChannelConfig, Credential, TeamsConfig } from './config.ts';
import type { ConfigInput } from './schema.ts';

/** The Application ID URI for which Teams gets tokens; a bot's is `api://botid-` and its id. */
export function exchangeResource({
  appId,
  singleSignOn,
}: Pick<ConfigInput['teams'], 'appId' | 'singleSignOn'>): string {
  return singleSignOn.resource ?? `api://botid-${appId}`;
}

/** The section `teams` with presets and defaults. */
export function resolveTeams(input: ConfigInput, folder: string): TeamsConfig {
  const { teams, identity } = input;
  const resource = exchangeResource(teams);
  const firstEntra = identity.issuers.find((issuer) => issuer.kind === 'entra')?.id ?? '';
  return {
    ...teams,
    credential: resolveCredential({ ...teams, folder }),
    allowedTenants: teams.allowedTenants ?? [teams.tenantId],
    cloud: typeof teams.cloud === 'string' ? CLOUDS[teams.cloud].teams : teams.cloud,
    singleSignOn: {
      ...teams.singleSignOn,
      issuer: teams.singleSignOn.issuer ?? firstEntra,
      resource,
      audiences: teams.singleSignOn.audiences ?? [teams.appId, resource],
      clients: teams.singleSignOn.clients ?? TEAMS_CLIENT_IDS,
    },
    signIn: resolveSignIn(teams.signIn),
  };
}

function resolveSignIn(input: ConfigInput['teams']['signIn']): TeamsConfig['signIn'] {
  if (input === undefined) return null;
  const { clientSecret = null, clientAuth = null, clientKey, ...rest } = input;
  const given = clientKey && {
    privateKey: clientKey.privateKey,
    keyId: clientKey.keyId ?? null,
    thumbprintSha256: clientKey.thumbprintSha256 ?? null,
    algorithm: clientKey.algorithm ?? null,
    audience: clientKey.audience ?? null,
  };
  return { ...rest, clientSecret, clientAuth, clientKey: given ?? null };
}

/** The section `channels`; the default service URL is that of the cloud (or empty). */
export function resolveChannels(input: ConfigInput): Record<string, ChannelConfig> {
  const { cloud, tenantId } = input.teams;
  const serviceUrl = typeof cloud === 'string' ? CLOUDS[cloud].serviceUrl : null;
  return Object.fromEntries(
    Object.entries(input.channels).map(([name, channel]) => [
      name,
      {
        tenantId: channel.tenant ?? tenantId,
        teamId: channel.team,
        channelId: channel.channel,
        serviceUrl: channel.serviceUrl ?? serviceUrl ?? '',
      },
    ]),
  );
}

/** Audiences for tokens that are exchanged, of clouds other than the public one. */
const EXCHANGES: Readonly<Record<string, string>> = {
  usgov: 'api://AzureADTokenExchangeUSGov',
  dod: 'api://AzureADTokenExchangeUSGov',
  china: 'api://AzureADTokenExchangeChina',
};

/**
 * A credential with its defaults: the bot's managed identity has the app id as client id. Paths are
 * relative to `folder`.
 */
export function resolveCredential({
  credential,
  appId,
  cloud,
  folder,
}: Pick<ConfigInput['teams'], 'credential' | 'appId' | 'cloud'> & {
  folder: string;
}): Credential {
  if (credential === undefined || credential.kind === 'managedIdentity') {
    return { kind: 'managedIdentity', clientId: credential?.clientId ?? appId };
  }
  if (credential.kind === 'federated') {
    const { kind, tokenFile, managedIdentity = null, audience } = credential;
    const exchange = typeof cloud === 'string' ? EXCHANGES[cloud] : undefined;
    return {
      kind,
      tokenFile: tokenFile === undefined ? null : resolve(folder, tokenFile),
      managedIdentity,
      audience: audience ?? exchange ?? 'api://AzureADTokenExchange',
    };
  }
  return credential.kind === 'certificate'
    ? { ...credential, thumbprintSha256: credential.thumbprintSha256.toLowerCase() }
    : credential;
}
