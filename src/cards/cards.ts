import { setTimeout } from 'node:timers/promises';
import type { Request } from '../domain/request/request.ts';
import type { CardContent, RequestForm, TeamsCards } from '../usecases/ports/ports.ts';
import { CardTemplate } from './card-template.ts';
import { firstThatFits } from './card-size.ts';
import { FORM_LIMITS, formModel } from './form-model.ts';
import { helpModel, LIST_LIMITS, pickerModel } from './list-models.ts';
import { name } from './plain-text.ts';
import type { View } from './request-actions.ts';
import { requestModel } from './request-model.ts';
import { slot } from './slots.ts';
import { summaryOf } from './summary.ts';
import { FORM_TEMPLATE } from './templates/form-template.ts';
import { HELP_TEMPLATE, PICKER_TEMPLATE } from './templates/list-templates.ts';
import { REQUEST_TEMPLATE } from './templates/request-template.ts';
import { STATUS_TEMPLATE } from './templates/status-template.ts';
import { LIMITS } from './view-limits.ts';

/** Cards that can be made ready ahead of the first one. */
export interface PreparedCards extends TeamsCards {
  /**
   * Parses every template (0.15 s in all) in a quiet moment a little later; other work gets its
   * turn between two of them.
   */
  prepare(): Promise<void>;
}

/** Whoever waits for a start asks at once, and is answered first. */
const PREPARE_AFTER_MS = 500;

/**
 * Every card of the product. Pure, and of at most MAX_CARD_BYTES: what does not fit gives way by
 * the steps of view-limits.ts, and a card that cannot show all offers no Approve.
 * @param options `publicUrl`: where requests that no card can show are read, without a slash at
 *   the end
 */
export function createCards(options: { publicUrl?: string } = {}): PreparedCards {
  const requests = new CardTemplate('request', REQUEST_TEMPLATE);
  const forms = new CardTemplate('form', FORM_TEMPLATE);
  const pickers = new CardTemplate('picker', PICKER_TEMPLATE);
  const helps = new CardTemplate('help', HELP_TEMPLATE);
  const statuses = new CardTemplate('status', STATUS_TEMPLATE);
  const publicUrl = options.publicUrl ?? null;

  const render = (request: Request, view: View): CardContent =>
    content(
      firstThatFits(LIMITS[limitsOf(request, view)], (limits) =>
        requests.render(requestModel(request, view, limits)),
      ),
      summaryOf(request),
    );
  const formCard = (form: RequestForm, chat: boolean): string =>
    firstThatFits(FORM_LIMITS, (limits) => forms.render(formModel(form, chat, limits)));

  return {
    async prepare() {
      for (const template of [requests, forms, statuses, pickers, helps]) {
        await setTimeout(PREPARE_AFTER_MS, undefined, { ref: false });
        template.prepare();
      }
    },
    request: (request, { viewer, refreshFor, now }) =>
      render(request, {
        kind: 'card',
        viewer,
        refreshFor,
        late: now >= request.expiresAt,
        publicUrl,
      }),
    review: (request, viewer) =>
      render(request, {
        kind: 'review',
        viewer,
        refreshFor: [],
        late: false,
        publicUrl,
      }),
    form: (form) => content(formCard(form, true), `Request: ${name(form.workflow.title)}`),
    dialogForm: (form) => parsed(formCard(form, false)),
    picker: (workflows) =>
      parsed(firstThatFits(LIST_LIMITS, (limit) => pickers.render(pickerModel(workflows, limit)))),
    status: (number) =>
      content(statuses.render({ number: slot(number), n: slot(number) }), `Request ${number}`),
    help: (workflows) =>
      content(
        firstThatFits(LIST_LIMITS, (limit) => helps.render(helpModel(workflows, limit))),
        'What Countersign can do for you',
      ),
  };
}

/**
 * Most cards leave as text; the object is made for those who want one. A class, as V8 gives every
 * object literal with a getter of its own a map that outlives it.
 */
class Content implements CardContent {
  readonly json: string;
  readonly summary: string;

  constructor(json: string, summary: string) {
    this.json = json;
    this.summary = summary;
  }

  get card(): Record<string, unknown> {
    return parsed(this.json);
  }
}

function content(json: string, summary: string): CardContent {
  return new Content(json, summary);
}

function parsed(json: string): Record<string, unknown> {
  return JSON.parse(json) as Record<string, unknown>;
}

function limitsOf(request: Request, view: View): keyof typeof LIMITS {
  if (view.kind === 'review') return 'review';
  return request.state === 'pending' ? 'base' : 'ended';
}
