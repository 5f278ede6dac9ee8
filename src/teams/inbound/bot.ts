import { describeError } from '../../lib/logger.ts';
import { DeliveryError } from '../../usecases/ports/delivery-error.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { onCardAction } from './card-action.ts';
import { adds, createWelcomes, isRemoval, openedPlace, rememberPlace } from './conversations.ts';
import type { BotDeps, Languages } from '../deps.ts';
import { openDialog, submitDialog } from './dialogs.ts';
import { answerMessage } from './messages.ts';
import type { Message } from '../../usecases/ports/notifier.ts';

/** Handles an activity. Returns the invoke's response; undefined: an empty success. */
export type Bot = (activity: TeamsActivity) => Promise<Answer | undefined>;

const COMMAND = 'request';

/** The dispatch of activities that have passed the gate. */
export function createBot(given: Omit<BotDeps, 'text' | 'cards'> & Languages): Bot {
  const isWelcome = createWelcomes();
  return async (activity) => {
    const text = given.textFor(activity.locale);
    const deps = { ...given, text, cards: given.cards(text) };
    switch (activity.type) {
      case 'invoke':
        return onInvoke(deps, activity);
      case 'message':
        await rememberPlace(deps, activity);
        await reply(deps, activity, await answerMessage(deps, activity));
        return undefined;
      case 'installationUpdate':
      case 'conversationUpdate':
        if (!isRemoval(activity)) await rememberPlace(deps, activity);
        if (adds(activity)) await deps.app.placeOpened(openedPlace(deps, activity));
        if (isWelcome(activity)) {
          await reply(deps, activity, deps.cards.help(deps.workflows.list()));
        }
        return undefined;
      default:
        return undefined;
    }
  };
}

async function onInvoke(deps: BotDeps, activity: TeamsActivity): Promise<Answer | undefined> {
  switch (activity.name) {
    case 'adaptiveCard/action':
      return onCardAction(deps, activity);
    case 'composeExtension/fetchTask':
      return activity.value.commandId === COMMAND ? openDialog(deps, activity) : undefined;
    case 'composeExtension/submitAction':
      return activity.value.commandId === COMMAND ? submitDialog(deps, activity) : undefined;
    case 'task/fetch':
      return openDialog(deps, activity);
    case 'task/submit':
      return submitDialog(deps, activity);
    default:
      // Such as signin/verifyState and signin/tokenExchange: people sign in only through card
      // actions. Teams shows an error for anything but a success.
      return undefined;
  }
}

// A reply that Teams does not take now becomes a job.
async function reply(deps: BotDeps, activity: TeamsActivity, message: Message): Promise<void> {
  const { conversation, serviceUrl, tenantId, sender: person } = activity;
  const to = { conversationId: conversation.id, serviceUrl, tenantId };
  try {
    await deps.messenger.send(to, message);
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    deps.log.warn('a reply is sent later', { error: describeError(error) });
    await deps.app.replyLater({ to, message, person });
  }
}
