import type { Text } from '../../text/text.ts';

/** A part of a template. */
export type Json = Readonly<Record<string, unknown>>;

/** A run of plain text: clients render no Markdown and no links in it. */
export function run(text: string, look: Json = {}): Json {
  return { type: 'TextRun', text, ...look };
}

/** A paragraph of runs. Text that people wrote is shown in no other element. */
export function rich(inlines: readonly Json[], look: Json = {}): Json {
  return { type: 'RichTextBlock', ...look, inlines };
}

/** The runs of a sentence with names in bold; `name` is a list of boldRuns(). */
export function sentence(name: string): Json {
  return { ...run('${text}', { weight: '${weight}' }), $data: `\${${name}}` };
}

/** A paragraph of one run. */
export function plain(text: string, look: Json = {}, block: Json = {}): Json {
  return rich([run(text, look)], block);
}

/** A subdued paragraph of one run. */
export function quiet(text: string, block: Json = {}): Json {
  return plain(text, { isSubtle: true }, block);
}

/** The same in a small font. */
export function small(text: string, block: Json = {}): Json {
  return plain(text, { isSubtle: true, size: 'Small' }, block);
}

/** Our own text with times in it: clients format them in the reader's time zone and language. */
export function ownText(text: string, look: Json = {}): Json {
  return { type: 'TextBlock', text, wrap: true, ...look };
}

/** The time at the model's path `name`, which clients format in the reader's time zone. */
export function moment(text: Text, name: string): string {
  return text.cards.moment({ date: `{{DATE(\${${name}},SHORT)}}`, time: `{{TIME(\${${name}})}}` });
}

/** A time (ms) in the format of Adaptive Cards' functions: UTC in whole seconds. */
export function cardTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Columns side by side. */
export function columns(items: readonly Json[], look: Json = {}): Json {
  return { type: 'ColumnSet', ...look, columns: items };
}

/** One column of a given width: `auto`, `stretch` or a weight. */
export function column(width: string, items: readonly Json[], look: Json = {}): Json {
  return { type: 'Column', width, ...look, items };
}

/** Elements that are shown, styled or left out together. */
export function container(items: readonly Json[], look: Json = {}): Json {
  return { type: 'Container', ...look, items };
}

/** The data of an action on a request: id, revision and digest of what was shown. */
const ABOUT: Json = { r: '${$root.r}', rev: '${$root.rev}', d: '${$root.d}' };

/** The same with the stage and the viewer's last word there (`a`), which this word replaces. */
export const ON_STAGE: Json = { ...ABOUT, s: '${s}', a: '${a}' };

/** A button with a verb; clients without Action.Execute use its fallback. */
export function execute(title: string, verb: string, look: Json = {}, data: Json = ABOUT): Json {
  return {
    type: 'Action.Execute',
    title,
    verb,
    ...look,
    data,
    fallback: { type: 'Action.Submit', title, ...withoutWhen(look), data: { ...data, verb } },
  };
}

/** The action that a client sends on its own to fetch a personal view. */
export function refresh(text: Text): Json {
  return { type: 'Action.Execute', title: text.cards.refresh, verb: 'refresh', data: ABOUT };
}

/** A card; clients that are too old for it show its fallback text. */
export function adaptiveCard(text: Text, body: readonly Json[], rest: Json = {}): Json {
  return {
    type: 'AdaptiveCard',
    version: '1.5',
    fallbackText: text.cards.needsNewerTeams,
    ...rest,
    body,
  };
}

function withoutWhen({ $when: _when, $data: _data, ...look }: Json): Json {
  return look;
}
