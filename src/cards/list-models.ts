import type { Workflow } from '../domain/workflow/workflow.ts';
import type { Text } from '../text/text.ts';
import type { Typed } from '../usecases/ports/cards.ts';
import { Whole } from './card-template.ts';
import type { Model } from './card-template.ts';
import { descriptionOf } from './form-model.ts';
import { name } from './plain-text.ts';

// Short lists are shown in full; long ones get a search.
const EXPANDED_UP_TO = 5;
const SEARCHABLE_FROM = 10;
// Of the room of a message; the shortest list needs the rest.
const MAX_TYPED_BYTES = 10_000;

/** How many workflows a list shows, from the fullest card to the barest. */
export const LIST_LIMITS: readonly number[] = [150, 60, 20];

/** The model of the picker template, with at most `limit` workflows. */
export function pickerModel(
  text: Text,
  workflows: readonly Workflow[],
  { limit, typed }: { limit: number; typed: Typed | undefined },
): Model {
  const shown = workflows.slice(0, limit);
  const style =
    shown.length <= EXPANDED_UP_TO
      ? 'expanded'
      : shown.length < SEARCHABLE_FROM
        ? 'compact'
        : 'filtered';
  return {
    some: shown.length > 0,
    style,
    choices: new Whole(shown.map(({ id, title }) => ({ title: name(title), value: id }))),
    first: shown.length === 1 ? shown[0]?.id : undefined,
    ...typedModel(typed),
    ...leftModel(text, workflows.length - shown.length),
  };
}

function typedModel(typed: Typed | undefined): Model {
  const kept = typed !== undefined && Buffer.byteLength(JSON.stringify(typed)) <= MAX_TYPED_BYTES;
  return {
    data: new Whole(kept ? { typed } : {}),
    typedTooLong: typed !== undefined && !kept,
  };
}

/** The model of the help template, with at most `limit` workflows. */
export function helpModel(text: Text, workflows: readonly Workflow[], limit: number): Model {
  const shown = workflows.slice(0, limit);
  return {
    some: shown.length > 0,
    workflows: shown.map((workflow) => ({
      id: workflow.id,
      title: name(workflow.title),
      described: workflow.description !== null,
      description: descriptionOf(workflow),
    })),
    ...leftModel(text, workflows.length - shown.length),
  };
}

function leftModel({ lists }: Text, left: number): Model {
  return { more: left > 0, left: lists.more({ left }) };
}
