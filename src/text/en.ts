import { cards, form, lists } from './en/cards.ts';
import { answers, chat, notices } from './en/chat.ts';
import { format } from './en/format.ts';
import { identityDetails, identityProblems } from './en/identity.ts';
import { outcomes } from './en/outcomes.ts';
import { pages } from './en/pages.ts';
import { refusals } from './en/refusals.ts';
import { states } from './en/states.ts';

/**
 * Every English sentence that a person reads. Another language is one more object of this type
 * (`Text`).
 */
export const en = {
  /** The language tag (BCP 47). */
  locale: 'en',
  format,
  states,
  refusals,
  outcomes,
  identityProblems,
  identityDetails,
  cards,
  form,
  lists,
  chat,
  answers,
  notices,
  pages,
};
