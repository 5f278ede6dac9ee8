// Not the package's main entry, as in src/cards.
import { Template } from 'adaptivecards-templating/lib/template-engine.js';

/** What the card of a decided request shows. */
export interface CardData {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly requester: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly stages: readonly {
    readonly name: string;
    readonly sign: string;
    readonly count: string;
    readonly decisions: readonly {
      readonly person: string;
      readonly words: string;
      readonly reason: string;
      readonly at: string;
    }[];
  }[];
}

const template = new Template({
  type: 'AdaptiveCard',
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
  version: '1.5',
  body: [
    {
      type: 'Container',
      style: 'good',
      bleed: true,
      items: [
        {
          type: 'ColumnSet',
          columns: [
            {
              type: 'Column',
              width: 'stretch',
              items: [{ type: 'TextBlock', text: '${state}', weight: 'Bolder', color: 'Good' }],
            },
            {
              type: 'Column',
              width: 'auto',
              items: [{ type: 'TextBlock', text: '#${number}', isSubtle: true }],
            },
          ],
        },
        { type: 'TextBlock', text: '${title}', size: 'Large', weight: 'Bolder', wrap: true },
        { type: 'TextBlock', text: '${requester} asks for approval', wrap: true },
      ],
    },
    {
      type: 'ColumnSet',
      $data: '${facts}',
      columns: [
        {
          type: 'Column',
          width: '108px',
          items: [{ type: 'TextBlock', text: '${label}', isSubtle: true }],
        },
        {
          type: 'Column',
          width: 'stretch',
          items: [{ type: 'TextBlock', text: '${value}', wrap: true }],
        },
      ],
    },
    {
      type: 'Container',
      $data: '${stages}',
      separator: true,
      items: [
        {
          type: 'ColumnSet',
          columns: [
            { type: 'Column', width: '20px', items: [{ type: 'TextBlock', text: '${sign}' }] },
            {
              type: 'Column',
              width: 'stretch',
              items: [{ type: 'TextBlock', text: '${name}', weight: 'Bolder' }],
            },
            {
              type: 'Column',
              width: 'auto',
              items: [{ type: 'TextBlock', text: '${count}', isSubtle: true }],
            },
          ],
        },
        {
          type: 'Container',
          $data: '${decisions}',
          items: [
            { type: 'TextBlock', text: '${person} ${words}', wrap: true },
            { type: 'TextBlock', $when: "${reason != ''}", text: '${reason}', wrap: true },
            { type: 'TextBlock', text: '{{DATE(${at},SHORT)}} {{TIME(${at})}}', isSubtle: true },
          ],
        },
      ],
    },
  ],
});

/** The card, expanded anew as the package's documentation shows it; the template is parsed once. */
export function expandCard(data: CardData): Record<string, unknown> {
  return template.expand({ $root: data }) as Record<string, unknown>;
}
