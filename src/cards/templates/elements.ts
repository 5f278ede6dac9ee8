import type { Text } from '../../text/text.ts';

/** A piece of template JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** A run of plain text: clients show it as it is, no Markdown, no links. */
export function run(text: string, look: Json = {}): Json {
  return { type: 'TextRun', text, ...look };
}

/** A paragraph of runs. People's text goes nowhere else. */
export function rich(inlines: readonly Json[], look: Json = {}): Json {
  return { type: 'RichTextBlock', ...look, inlines };
}

/** The runs of a sentence with names in bold; `name` is the list that boldRuns() made. */
export function sentence(name: string): Json {
  return { ...run('${text}', { weight: '${weight}' }), $data: `\${${name}}` };
}

/** A paragraph of one run. */
export function plain(text: string, look: Json = {}, block: Json = {}): Json {
  return rich([run(text, look)], block);
}

/** Words of our own with times in them, which clients write in their reader's zone and language. */
export function ownText(text: string, look: Json = {}): Json {
  return { type: 'TextBlock', text, wrap: true, ...look };
}

/** The moment in `name` (a path of the model): clients write it in their reader's zone. */
export function moment(text: Text, name: string): string {
  return text.cards.moment({ date: `{{DATE(\${${name}},SHORT)}}`, time: `{{TIME(\${${name}})}}` });
}

/** A time (ms) as the functions of Adaptive Cards take it: UTC without a fraction of a second. */
export function cardTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Columns beside one another. */
export function columns(items: readonly Json[], look: Json = {}): Json {
  return { type: 'ColumnSet', ...look, columns: items };
}

/** One column; `width` as Adaptive Cards take it. */
export function column(width: string, items: readonly Json[], look: Json = {}): Json {
  return { type: 'Column', width, ...look, items };
}

/** Elements one below the other. */
export function container(items: readonly Json[], look: Json = {}): Json {
  return { type: 'Container', ...look, items };
}

/** What an action on a request carries, and nothing more: which, which revision, what was shown. */
const ABOUT: Json = { r: '${$root.r}', rev: '${$root.rev}', d: '${$root.d}' };

/** The same for a word on one stage, which replaces the viewer's last word there (`a`). */
export const ON_STAGE: Json = { ...ABOUT, s: '${s}', a: '${a}' };

/** A button that sends a verb about the request, also in clients without Action.Execute. */
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

/** The action that a client sends by itself to get its own view. */
export function refresh(text: Text): Json {
  return { type: 'Action.Execute', title: text.cards.refresh, verb: 'refresh', data: ABOUT };
}

/** The outermost object of every card. */
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
