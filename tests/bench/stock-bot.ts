import { CloudAdapter, ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import type { ActivityHandler } from 'botbuilder';
import restify from 'restify';

/** The issuer of channel tokens, and the bot's id. */
export interface StockBotInput {
  readonly appId: string;
  readonly appSecret: string;
  readonly tenantId: string;
  readonly issuer: string;
  readonly metadataUrl: string;
  readonly loginUrl: string;
  readonly scope: string;
}

const server = restify.createServer();
server.use(restify.plugins.bodyParser());

/** Serves a bot as botbuilder's samples do; returns its address. */
export function serveBot(given: StockBotInput, bot: ActivityHandler): Promise<string> {
  const adapter = new CloudAdapter(
    new ConfigurationBotFrameworkAuthentication({
      MicrosoftAppId: given.appId,
      MicrosoftAppPassword: given.appSecret,
      MicrosoftAppType: 'SingleTenant',
      MicrosoftAppTenantId: given.tenantId,
      ValidateAuthority: true,
      ToChannelFromBotLoginUrl: given.loginUrl,
      ToChannelFromBotOAuthScope: given.scope,
      ToBotFromChannelTokenIssuer: given.issuer,
      OAuthUrl: 'http://127.0.0.1:9/never-called',
      ToBotFromChannelOpenIdMetadataUrl: given.metadataUrl,
      ToBotFromEmulatorOpenIdMetadataUrl: given.metadataUrl,
      CallerId: 'urn:botframework:azure',
    }),
  );
  server.post('/api/messages', async (req, res) => {
    await adapter.process(req, res, (context) => bot.run(context));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  });
}

/** Stops what `serveBot` started. */
export function stopBot(): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
