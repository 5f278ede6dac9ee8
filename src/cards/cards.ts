import type { Request } from '../domain/request/request.ts';
import { requestView } from '../domain/views/request-view.ts';
import type { CardContent, RequestForm, TeamsCards } from '../usecases/ports/ports.ts';
import { CardTemplate } from './card-template.ts';
import type { Card } from './card-template.ts';
import { firstThatFits } from './card-size.ts';
import { FORM_LIMITS, formModel } from './form-model.ts';
import { helpModel, LIST_LIMITS, pickerModel } from './list-models.ts';
import { name } from './plain-text.ts';
import type { View } from './request-actions.ts';
import { requestModel } from './request-model.ts';
import { summaryOf } from './summary.ts';
import { FORM_TEMPLATE } from './templates/form-template.ts';
import { HELP_TEMPLATE, PICKER_TEMPLATE } from './templates/list-templates.ts';
import { REQUEST_TEMPLATE } from './templates/request-template.ts';
import { STATUS_TEMPLATE } from './templates/status-template.ts';
import { LIMITS } from './view-limits.ts';

/**
 * Every card of the product. Pure, and of at most MAX_CARD_BYTES: what does not fit gives way by
 * the steps of view-limits.ts, and a card that cannot show all offers no Approve.
 * @param options `publicUrl`: where requests that no card can show are read, without a slash at
 *   the end
 */
export function createCards(options: { publicUrl?: string } = {}): TeamsCards {
  const requests = new CardTemplate('request', REQUEST_TEMPLATE);
  const forms = new CardTemplate('form', FORM_TEMPLATE);
  const pickers = new CardTemplate('picker', PICKER_TEMPLATE);
  const helps = new CardTemplate('help', HELP_TEMPLATE);
  const statuses = new CardTemplate('status', STATUS_TEMPLATE);
  const publicUrl = options.publicUrl ?? null;

  const requestCard = (request: Request, view: View): CardContent => ({
    card: firstThatFits(LIMITS[limitsOf(request, view)], (limits) =>
      requests.render(requestModel(request, view, limits)),
    ),
    summary: summaryOf(request),
  });
  const formCard = (form: RequestForm, chat: boolean): Card =>
    firstThatFits(FORM_LIMITS, (limits) => forms.render(formModel(form, chat, limits)));

  return {
    request: (request, { viewer, refreshFor, now }) => {
      const late = now >= request.expiresAt;
      const view = requestView(request, viewer, now);
      const options = { personal: viewer !== null, refreshFor, late, publicUrl };
      return requestCard(request, { kind: 'card', request: view, ...options });
    },
    review: (request, { viewer, now }) => {
      const view = requestView(request, viewer, now);
      const options = { personal: viewer !== null, refreshFor: [], late: false, publicUrl };
      return requestCard(request, { kind: 'review', request: view, ...options });
    },
    form: (form) => ({
      card: formCard(form, true),
      summary: `Request: ${name(form.workflow.title)}`,
    }),
    dialogForm: (form) => formCard(form, false),
    picker: (workflows) =>
      firstThatFits(LIST_LIMITS, (limit) => pickers.render(pickerModel(workflows, limit))),
    status: (number) => ({ card: statuses.render({ number }), summary: `Request ${number}` }),
    help: (workflows) => ({
      card: firstThatFits(LIST_LIMITS, (limit) => helps.render(helpModel(workflows, limit))),
      summary: 'What Countersign can do for you',
    }),
  };
}

function limitsOf(request: Request, view: View): keyof typeof LIMITS {
  if (view.kind === 'review') return 'review';
  return request.state === 'pending' ? 'base' : 'ended';
}
