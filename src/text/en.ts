import { cards, form, lists } from './en/cards.ts';
import { answers, chat, notices } from './en/chat.ts';
import { format } from './en/format.ts';
import { outcomes } from './en/outcomes.ts';
import { refusals } from './en/refusals.ts';
import { states } from './en/states.ts';

/**
 * Every sentence in English that a person reads. `Text` is its type: another language is one more
 * file of the same shape.
 */
export const en = {
  format,
  states,
  refusals,
  outcomes,
  cards,
  form,
  lists,
  chat,
  answers,
  notices,
};
