import { CloudAdapter, ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import type { Activity, Request, Response } from 'botbuilder';
import { APP_SECRET } from '../unit/teams/world.ts';
import { demoBotAppId, demoTenantId } from '../../src/local/people.ts';
import type { LocalConnector } from '../../src/local/connector.ts';

/** How the stock adapter handled a post. */
export interface StockResult {
  readonly status: number;
  /** Whether its authentication accepted the post. */
  readonly accepted: boolean;
  /** Whether the bot's code ran. */
  readonly ran: boolean;
}

/**
 * Botbuilder set up as its documentation shows. Only the metadata address differs: the local
 * connector replaces Microsoft's.
 */
export function stockAdapter(connector: LocalConnector, options: { appId?: string } = {}) {
  const { appId = demoBotAppId } = options;
  const registration =
    appId === ''
      ? {}
      : {
          MicrosoftAppId: appId,
          MicrosoftAppPassword: APP_SECRET,
          MicrosoftAppType: 'SingleTenant',
          MicrosoftAppTenantId: demoTenantId,
        };
  const authentication = new ConfigurationBotFrameworkAuthentication({
    ...registration,
    ToChannelFromBotLoginUrl: connector.loginUrl,
    ToChannelFromBotOAuthScope: connector.botScope,
    ToBotFromChannelTokenIssuer: connector.issuer,
    OAuthUrl: 'http://127.0.0.1:1',
    ToBotFromChannelOpenIdMetadataUrl: connector.metadataUrl,
    ToBotFromEmulatorOpenIdMetadataUrl: connector.metadataUrl,
  });
  const adapter = new CloudAdapter(authentication);
  const accepts = async (body: unknown, header: string): Promise<boolean> => {
    try {
      await authentication.authenticateRequest(body as Activity, header);
      return true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return false;
    }
  };
  return async (body: unknown, token: string | null): Promise<StockResult> => {
    let status = 0;
    let ran = false;
    const headers: { authorization?: string } =
      token === null ? {} : { authorization: `Bearer ${token}` };
    const request: Request = { method: 'POST', headers, body: body as Record<string, unknown> };
    const response: Response = {
      socket: undefined,
      status: (code: number) => (status = code),
      header: () => undefined,
      send: () => undefined,
      end: () => undefined,
    };
    await adapter.process(request, response, () => {
      ran = true;
      return Promise.resolve();
    });
    const accepted = await accepts(body, headers.authorization ?? '');
    return { status, accepted, ran };
  };
}
