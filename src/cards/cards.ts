import type { Request } from '../domain/request/request.ts';
import { requestView } from '../domain/views/request-view.ts';
import type { CardContent, CardOptions, RequestForm, TeamsCards } from '../usecases/ports/cards.ts';
import type { Text } from '../text/text.ts';
import { CardTemplate } from './card-template.ts';
import type { Card } from './card-template.ts';
import { FORM_LIMITS, formModel } from './form-model.ts';
import { helpModel, LIST_LIMITS, pickerModel } from './list-models.ts';
import { name } from './plain-text.ts';
import type { View } from './request-actions.ts';
import { requestModel } from './request-model.ts';
import { formTemplate } from './templates/form-template.ts';
import { helpTemplate, pickerTemplate } from './templates/list-templates.ts';
import { requestTemplate } from './templates/request-template.ts';
import { noteTemplate } from './templates/note-template.ts';
import { statusTemplate } from './templates/status-template.ts';
import { firstThatFits, LIMITS } from './view-limits.ts';

/**
 * Creates the renderer of each language once, because parsing templates is slow. Rendering is pure.
 * Every card holds at most MAX_CARD_BYTES: the limits of view-limits.ts decide what is left out,
 * and a card that leaves out anything the digest covers offers no Approve. `publicUrl`: base URL
 * without a trailing slash, for requests that are too long for any card; null: the card names only
 * the API path.
 */
export function createCards({ publicUrl = null }: { publicUrl?: string | null } = {}): (
  text: Text,
) => TeamsCards {
  const made = new Map<Text, TeamsCards>();
  return (text) => {
    const cards = made.get(text) ?? cardsIn(text, publicUrl);
    made.set(text, cards);
    return cards;
  };
}

function cardsIn(text: Text, publicUrl: string | null): TeamsCards {
  const requests = new CardTemplate('request', requestTemplate(text));
  const forms = new CardTemplate('form', formTemplate(text));
  const pickers = new CardTemplate('picker', pickerTemplate(text));
  const notes = new CardTemplate('note', noteTemplate(text));
  const helps = new CardTemplate('help', helpTemplate(text));
  const statuses = new CardTemplate('status', statusTemplate(text));

  const requestCard = (
    kind: View['kind'],
    request: Request,
    { viewer, now, refreshFor = [] }: Pick<CardOptions, 'viewer' | 'now'> & Partial<CardOptions>,
  ): CardContent => {
    const seen = requestView(request, viewer, now);
    const view = { kind, request: seen, personal: viewer !== null, refreshFor, publicUrl };
    return {
      card: firstThatFits(LIMITS[limitsOf(request, view)], (limits) =>
        requests.render(requestModel(text, request, { view, limits })),
      ),
      summary: summaryOf(text, request),
    };
  };
  const formCard = (form: RequestForm, chat: boolean): Card =>
    firstThatFits(FORM_LIMITS, (limits) => forms.render(formModel(text, form, { chat, limits })));

  return {
    request: (request, options) => requestCard('card', request, options),
    review: (request, { viewer, now }) => requestCard('review', request, { viewer, now }),
    form: (form) => ({
      card: formCard(form, true),
      summary: text.form.summary({ title: name(form.workflow.title) }),
    }),
    dialogForm: (form) => formCard(form, false),
    dialogNote: (sentence) => notes.render({ sentence }),
    picker: (workflows, typed) => ({
      card: firstThatFits(LIST_LIMITS, (limit) =>
        pickers.render(pickerModel(text, workflows, { limit, typed })),
      ),
      summary: text.lists.question,
    }),
    status: (number) => {
      const title = text.cards.requestNumber({ number });
      return { card: statuses.render({ number, title }), summary: title };
    },
    help: (workflows) => ({
      card: firstThatFits(LIST_LIMITS, (limit) => helps.render(helpModel(text, workflows, limit))),
      summary: text.lists.helpSummary,
    }),
  };
}

function limitsOf(request: Request, view: View): keyof typeof LIMITS {
  if (view.kind === 'review') return 'review';
  return request.state === 'pending' ? 'base' : 'ended';
}

/** One line of plain text for notifications and for clients without cards. */
function summaryOf({ cards }: Text, { title: given, number, state, requester }: Request): string {
  const title = `${name(given)} #${number}`;
  if (state !== 'pending') return cards.ended({ title, state });
  return cards.summary({ asker: name(requester.name, 60), title });
}
