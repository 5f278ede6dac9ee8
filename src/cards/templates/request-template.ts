import {
  adaptiveCard,
  column,
  columns,
  container,
  execute,
  moment,
  ownText,
  plain,
  REFRESH,
  rich,
  run,
  ON_STAGE,
} from './elements.ts';
import { MAX_REASON_LENGTH } from '../../domain/request/submit.ts';

const QUIET = { isSubtle: true, size: 'Small' };

const header = container(
  [
    columns([
      column('stretch', [plain('${state}', { color: '${color}', weight: 'Bolder' })]),
      column('auto', [plain('${number}', { isSubtle: true, weight: 'Bolder' })]),
    ]),
    plain('${title}', { size: 'Large', weight: 'Bolder' }, { spacing: 'Small' }),
    rich(
      [
        run('${asker}', { weight: 'Bolder' }),
        run('${asks}'),
        run(' for ', { $when: '${forOther}' }),
        run('${other}', { $when: '${forOther}', weight: 'Bolder' }),
      ],
      { spacing: 'Small' },
    ),
  ],
  { style: '${style}', bleed: true },
);

const notes = container([plain('${text}')], {
  $data: '${notes}',
  style: '${style}',
  spacing: 'Medium',
});

const FACT = [
  column('108px', [plain('${label}', { isSubtle: true })]),
  column('stretch', [plain('${value}')]),
];

const facts = container(
  [
    columns(FACT, { $data: '${facts}', spacing: 'Small' }),
    container(
      [
        plain('${label}', { isSubtle: true }),
        container([plain('${value}')], { style: 'emphasis', spacing: 'Small' }),
      ],
      { $data: '${texts}', spacing: 'Medium' },
    ),
    { ...rich([]), $when: '${dense}', inlines: '${inlines}' },
    plain('${left}', { isSubtle: true }, { $when: '${some}', spacing: 'Small' }),
  ],
  { spacing: 'Medium' },
);

const work = container([columns(FACT, { $data: '${work}', spacing: 'Small' })], {
  $when: '${working}',
  spacing: 'Large',
  separator: true,
});

const decision = container(
  [
    rich([
      run('${sign}', { color: '${color}', weight: 'Bolder' }),
      run('${who}', { weight: 'Bolder' }),
      run('${verdict}'),
    ]),
    plain('${reason}', {}, { $when: '${hasReason}', spacing: 'None' }),
    ownText(moment('at'), { ...QUIET, spacing: 'None' }),
  ],
  { $data: '${decisions}', spacing: 'Small' },
);

const stages = container(
  [
    columns(
      [
        column('20px', [plain('${sign}', { color: '${color}', weight: 'Bolder' })]),
        column(
          'stretch',
          [
            plain('${name}', { weight: 'Bolder' }),
            plain('${needs}', QUIET, { $when: '${needed}', spacing: 'None' }),
            plain('${left}', QUIET, { $when: '${some}', spacing: 'Small' }),
            decision,
          ],
          { spacing: 'Small' },
        ),
        column('auto', [plain('${count}', { isSubtle: true })], { $when: '${counted}' }),
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

const outcome = container(
  [
    plain('${outcome}'),
    rich([run('Reference  ', { isSubtle: true }), run('${reference}', { weight: 'Bolder' })], {
      $when: '${referenced}',
      spacing: 'Small',
    }),
    ownText(moment('outcomeAt'), { ...QUIET, spacing: 'Small' }),
  ],
  { $when: '${ended}', style: '${outcomeStyle}', spacing: 'Medium' },
);

const ids = container(
  [
    container(
      [
        plain('${label}', QUIET),
        plain('${value}', { size: 'Small', fontType: 'Monospace' }, { spacing: 'None' }),
      ],
      { $data: '${ids}', spacing: 'Small' },
    ),
  ],
  { spacing: 'Small' },
);

const footer = container(
  [
    columns([
      column('stretch', [
        ownText(`Expires ${moment('expires')}`, { ...QUIET, $when: '${pending}' }),
        ownText(`Asked ${moment('asked')}`, { ...QUIET, $when: '${!pending}' }),
      ]),
      column('auto', [ownText('Details', { color: 'Accent', size: 'Small' })], {
        $when: '${folded}',
        selectAction: {
          type: 'Action.ToggleVisibility',
          title: 'Show or hide details',
          targetElements: ['details'],
        },
      }),
    ]),
    { ...ids, $when: '${folded}', id: 'details', isVisible: false },
    { ...ids, $when: '${unfolded}', spacing: 'Medium' },
  ],
  { spacing: 'Large', separator: true },
);

const comment = {
  type: 'Input.Text',
  id: 'reason',
  $when: '${denyInReview}',
  spacing: 'Medium',
  isMultiline: true,
  label: 'Your reason (optional)',
  placeholder: 'Kept with your decision',
  maxLength: MAX_REASON_LENGTH,
};

const denyCard = {
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
        id: 'reason',
        isMultiline: true,
        label: 'Why? (optional)',
        placeholder: 'Shown to the person who asked',
        maxLength: MAX_REASON_LENGTH,
      },
    ],
    actions: [execute('Deny request', 'deny', { style: 'destructive' }, ON_STAGE)],
  },
};

/** A request, in every state and for every viewer. Its model is made in request-model.ts. */
export const REQUEST_TEMPLATE = adaptiveCard(
  [header, notes, facts, work, stages, outcome, footer, comment],
  {
    refresh: { $when: '${refreshed}', action: REFRESH, userIds: '${users}' },
    actions: [
      execute(
        '${approveTitle}',
        'approve',
        { $data: '${deciding}', $when: '${$root.approve}', style: 'positive' },
        ON_STAGE,
      ),
      denyCard,
      execute(
        '${denyTitle}',
        'deny',
        { $data: '${deciding}', $when: '${$root.denyInReview}', style: 'destructive' },
        ON_STAGE,
      ),
      execute('Review', 'review', { $when: '${review}' }),
      execute('Cancel request', 'cancel', { $when: '${cancel}' }),
    ],
  },
);
