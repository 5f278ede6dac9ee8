import {
  adaptiveCard,
  column,
  columns,
  container,
  execute,
  moment,
  ownText,
  plain,
  quiet,
  refresh,
  rich,
  run,
  sentence,
  small,
  ON_STAGE,
} from './elements.ts';
import type { Json } from './elements.ts';
import type { Text } from '../../text/text.ts';
import { MAX_REASON_LENGTH } from '../../domain/request/submit.ts';

const QUIET = { isSubtle: true, size: 'Small' };

const header = container(
  [
    columns([
      column('stretch', [plain('${state}', { color: '${color}', weight: 'Bolder' })]),
      column('auto', [plain('${number}', { isSubtle: true, weight: 'Bolder' })]),
    ]),
    plain('${title}', { size: 'Large', weight: 'Bolder' }, { spacing: 'Small' }),
    rich([sentence('asks')], { spacing: 'Small' }),
  ],
  { style: '${style}', bleed: true },
);

const notes = container([plain('${text}')], {
  $data: '${notes}',
  style: '${style}',
  spacing: 'Medium',
});

const FACT = [column('108px', [quiet('${label}')]), column('stretch', [plain('${value}')])];

const facts = container(
  [
    columns(FACT, { $data: '${facts}', spacing: 'Small' }),
    container(
      [quiet('${label}'), container([plain('${value}')], { style: 'emphasis', spacing: 'Small' })],
      { $data: '${texts}', spacing: 'Medium' },
    ),
    { ...rich([]), $when: '${dense}', inlines: '${inlines}' },
    quiet('${left}', { $when: '${some}', spacing: 'Small' }),
  ],
  { spacing: 'Medium' },
);

const work = container([columns(FACT, { $data: '${work}', spacing: 'Small' })], {
  $when: '${working}',
  spacing: 'Large',
  separator: true,
});

const decision = (text: Text) =>
  container(
    [
      rich([run('${sign}', { color: '${color}', weight: 'Bolder' }), sentence('words')]),
      plain('${reason}', {}, { $when: '${hasReason}', spacing: 'None' }),
      ownText(moment(text, 'at'), { ...QUIET, spacing: 'None' }),
    ],
    { $data: '${decisions}', spacing: 'Small' },
  );

const stages = (text: Text) =>
  container(
    [
      columns(
        [
          column('20px', [plain('${sign}', { color: '${color}', weight: 'Bolder' })]),
          column(
            'stretch',
            [
              plain('${name}', { weight: 'Bolder' }),
              small('${needs}', { $when: '${needed}', spacing: 'None' }),
              small('${left}', { $when: '${some}', spacing: 'Small' }),
              decision(text),
            ],
            { spacing: 'Small' },
          ),
          column('auto', [quiet('${count}')], { $when: '${counted}' }),
        ],
        { $data: '${stages}', spacing: 'Medium' },
      ),
    ],
    {
      $when: '${staged}',
      spacing: 'Large',
      separator: true,
    },
  );

const outcome = (text: Text) =>
  container(
    [
      plain('${outcome}'),
      rich(
        [
          run(`${text.cards.reference}  `, { isSubtle: true }),
          run('${reference}', { weight: 'Bolder' }),
        ],
        {
          $when: '${referenced}',
          spacing: 'Small',
        },
      ),
      ownText(moment(text, 'outcomeAt'), { ...QUIET, spacing: 'Small' }),
    ],
    { $when: '${ended}', style: '${outcomeStyle}', spacing: 'Medium' },
  );

const ids = container(
  [
    container(
      [
        small('${label}'),
        plain('${value}', { size: 'Small', fontType: 'Monospace' }, { spacing: 'None' }),
      ],
      { $data: '${ids}', spacing: 'Small' },
    ),
  ],
  { spacing: 'Small' },
);

const footer = (text: Text) =>
  container(
    [
      columns([
        column('stretch', [
          ownText(text.cards.expires({ moment: moment(text, 'expires') }), {
            ...QUIET,
            $when: '${pending}',
          }),
          ownText(text.cards.asked({ moment: moment(text, 'asked') }), {
            ...QUIET,
            $when: '${!pending}',
          }),
        ]),
        column('auto', [ownText(text.cards.details, { color: 'Accent', size: 'Small' })], {
          $when: '${folded}',
          selectAction: {
            type: 'Action.ToggleVisibility',
            title: text.cards.toggleDetails,
            targetElements: ['details'],
          },
        }),
      ]),
      { ...ids, $when: '${folded}', id: 'details', isVisible: false },
      { ...ids, $when: '${unfolded}', spacing: 'Medium' },
    ],
    { spacing: 'Large', separator: true },
  );

const comment = ({ cards }: Text): Json => ({
  type: 'Input.Text',
  id: 'reason',
  $when: '${denyInReview}',
  spacing: 'Medium',
  isMultiline: true,
  label: cards.yourReason,
  placeholder: cards.yourReasonHint,
  maxLength: MAX_REASON_LENGTH,
});

const denyCard = ({ cards }: Text): Json => ({
  type: 'Action.ShowCard',
  title: '${denyTitle}',
  $data: '${deciding}',
  $when: '${$root.denyOnCard}',
  style: 'destructive',
  card: {
    type: 'AdaptiveCard',
    body: [
      {
        type: 'Input.Text',
        // Ids are unique in a card, and several stages may be open.
        id: 'reason:${s}',
        isMultiline: true,
        label: cards.why,
        placeholder: cards.whyHint,
        maxLength: MAX_REASON_LENGTH,
      },
    ],
    actions: [execute(cards.denyRequest, 'deny', { style: 'destructive' }, ON_STAGE)],
  },
});

/** A request in every state, for every viewer. request-model.ts makes its model. */
export function requestTemplate(text: Text): Json {
  const { cards } = text;
  return adaptiveCard(
    text,
    [header, notes, facts, work, stages(text), outcome(text), footer(text), comment(text)],
    {
      refresh: { $when: '${refreshed}', action: refresh(text), userIds: '${users}' },
      actions: [
        execute(
          '${approveTitle}',
          'approve',
          { $data: '${deciding}', $when: '${$root.approve}', style: 'positive' },
          ON_STAGE,
        ),
        denyCard(text),
        execute(
          '${denyTitle}',
          'deny',
          { $data: '${deciding}', $when: '${$root.denyInReview}', style: 'destructive' },
          ON_STAGE,
        ),
        execute(cards.review, 'review', { $when: '${review}' }),
        execute(cards.cancel, 'cancel', { $when: '${cancel}' }),
      ],
    },
  );
}
