/** The empty invoke: a bot as botbuilder's own samples set it up, with a constant card, no store. */
import { TeamsActivityHandler } from 'botbuilder';
import type { AdaptiveCardInvokeResponse } from 'botbuilder';
import { serveParent } from './child.ts';
import { serveBot, stopBot } from './stock-bot.ts';
import type { StockBotInput } from './stock-bot.ts';

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

serveParent(
  {
    start: (input) => serveBot(input as StockBotInput, bot),
    card: (input) => {
      bot.card = input as Record<string, unknown>;
    },
  },
  stopBot,
);
