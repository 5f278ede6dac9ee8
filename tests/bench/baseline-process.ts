/** The baseline: a bot as botbuilder's own samples set it up, with a constant card and no store. */
import {
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  TeamsActivityHandler,
} from 'botbuilder';
import type { AdaptiveCardInvokeResponse } from 'botbuilder';
import restify from 'restify';
import { serveParent } from './child.ts';

/** Where the channel's tokens come from, and whose bot this is. */
export interface BaselineInput {
  readonly appId: string;
  readonly appSecret: string;
  readonly tenantId: string;
  readonly issuer: string;
  readonly metadataUrl: string;
  readonly loginUrl: string;
  readonly scope: string;
}

class ConstantBot extends TeamsActivityHandler {
  card: Record<string, unknown> = { type: 'AdaptiveCard', version: '1.5', body: [] };

  override async onAdaptiveCardInvoke(): Promise<AdaptiveCardInvokeResponse> {
    return {
      statusCode: 200,
      type: 'application/vnd.microsoft.card.adaptive',
      value: this.card,
    };
  }
}

const bot = new ConstantBot();
const server = restify.createServer();
server.use(restify.plugins.bodyParser());

function start(given: BaselineInput): Promise<string> {
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

serveParent(
  {
    start: (input) => start(input as BaselineInput),
    card: (input) => {
      bot.card = input as Record<string, unknown>;
    },
  },
  () =>
    new Promise((resolve) => {
      server.close(() => resolve());
    }),
);
