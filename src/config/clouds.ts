import type { CloudInput, CloudName } from './schema-teams.ts';

/** What differs between Microsoft clouds. */
interface CloudPreset {
  readonly teams: CloudInput;
  /** Microsoft Graph of this cloud. */
  readonly graphUrl: string;
  /** Service URL of proactive messages before the first activity; null: must be configured. */
  readonly serviceUrl: string | null;
}

const AZURE_GOVERNMENT = {
  issuer: 'https://api.botframework.us',
  metadataUrl: 'https://login.botframework.azure.us/v1/.well-known/openidconfiguration',
  loginUrl: 'https://login.microsoftonline.us',
  scope: 'https://api.botframework.us/.default',
};

/**
 * The Microsoft clouds. Issuers, metadata and scopes are the constants of botframework-connector
 * (China: Microsoft's guide for bots in Azure operated by 21Vianet); service URL hosts are those
 * that Microsoft's Teams SDK documents under "Service URL validation".
 */
export const CLOUDS: Readonly<Record<CloudName, CloudPreset>> = {
  public: {
    teams: {
      issuer: 'https://api.botframework.com',
      metadataUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
      loginUrl: 'https://login.microsoftonline.com',
      scope: 'https://api.botframework.com/.default',
      serviceUrlHosts: [
        'smba.trafficmanager.net',
        'smba.onyx.prod.teams.trafficmanager.net',
        'smba.infra.gcc.teams.microsoft.com',
      ],
    },
    graphUrl: 'https://graph.microsoft.com',
    serviceUrl: 'https://smba.trafficmanager.net/teams/',
  },
  usgov: {
    teams: { ...AZURE_GOVERNMENT, serviceUrlHosts: ['smba.infra.gov.teams.microsoft.us'] },
    graphUrl: 'https://graph.microsoft.us',
    serviceUrl: 'https://smba.infra.gov.teams.microsoft.us/teams/',
  },
  dod: {
    teams: { ...AZURE_GOVERNMENT, serviceUrlHosts: ['smba.infra.dod.teams.microsoft.us'] },
    graphUrl: 'https://dod-graph.microsoft.us',
    serviceUrl: 'https://smba.infra.dod.teams.microsoft.us/teams/',
  },
  china: {
    teams: {
      issuer: 'https://api.botframework.azure.cn',
      metadataUrl: 'https://login.botframework.azure.cn/v1/.well-known/openidconfiguration',
      loginUrl: 'https://login.partner.microsoftonline.cn',
      scope: 'https://api.botframework.azure.cn/.default',
      serviceUrlHosts: ['frontend.botapi.msg.infra.teams.microsoftonline.cn'],
    },
    graphUrl: 'https://microsoftgraph.chinacloudapi.cn',
    serviceUrl: null,
  },
};

/** Client ids of Microsoft Teams (desktop and mobile, web), which get single sign-on tokens. */
export const TEAMS_CLIENT_IDS: readonly string[] = [
  '1fec8e78-bce4-4aaf-ab1b-5451cc387264',
  '5e3ce6c0-2b1f-4285-8d4b-75ee78787346',
];
