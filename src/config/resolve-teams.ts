import { CLOUDS, TEAMS_CLIENT_IDS } from './clouds.ts';
import type { ChannelConfig, TeamsConfig } from './config.ts';
import type { ConfigInput } from './schema.ts';

/** The Application ID URI for which Teams gets tokens; a bot's is `api://botid-` and its id. */
export function exchangeResource({
  appId,
  singleSignOn,
}: Pick<ConfigInput['teams'], 'appId' | 'singleSignOn'>): string {
  return singleSignOn.resource ?? `api://botid-${appId}`;
}

/** The section `teams` with presets and defaults. */
export function resolveTeams(input: ConfigInput): TeamsConfig {
  const { teams, identity } = input;
  const resource = exchangeResource(teams);
  const firstEntra = identity.issuers.find((issuer) => issuer.kind === 'entra')?.id ?? '';
  return {
    ...teams,
    credential: resolveCredential(teams),
    allowedTenants: teams.allowedTenants ?? [teams.tenantId],
    cloud: typeof teams.cloud === 'string' ? CLOUDS[teams.cloud].teams : teams.cloud,
    singleSignOn: {
      ...teams.singleSignOn,
      issuer: teams.singleSignOn.issuer ?? firstEntra,
      resource,
      audiences: teams.singleSignOn.audiences ?? [teams.appId, resource],
      clients: teams.singleSignOn.clients ?? TEAMS_CLIENT_IDS,
    },
    signIn:
      teams.signIn === undefined
        ? null
        : { ...teams.signIn, clientSecret: teams.signIn.clientSecret ?? null },
  };
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

/** A credential with its defaults: the bot's managed identity has the app id as client id. */
export function resolveCredential({
  credential,
  appId,
}: Pick<ConfigInput['teams'], 'credential' | 'appId'>): TeamsConfig['credential'] {
  if (credential === undefined || credential.kind === 'managedIdentity') {
    return { kind: 'managedIdentity', clientId: credential?.clientId ?? appId };
  }
  return credential.kind === 'certificate'
    ? { ...credential, thumbprintSha256: credential.thumbprintSha256.toLowerCase() }
    : credential;
}
