import { adaptiveCard, container, plain, rich, run } from './elements.ts';

/** Choosing what to request, in a dialog. */
export const PICKER_TEMPLATE = adaptiveCard(
  [
    plain(
      'What do you want to request?',
      { size: 'Medium', weight: 'Bolder' },
      {
        $when: '${some}',
      },
    ),
    {
      type: 'Input.ChoiceSet',
      $when: '${some}',
      id: 'workflow',
      label: 'Workflow',
      style: '${style}',
      choices: '${choices}',
      value: '${first}',
      isRequired: true,
      errorMessage: 'Choose what to request.',
    },
    plain('${left}', { isSubtle: true, size: 'Small' }, { $when: '${more}' }),
    plain('There is nothing that you may request.', { weight: 'Bolder' }, { $when: '${!some}' }),
    plain(
      'Your roles allow no workflow. Ask an administrator.',
      { isSubtle: true },
      {
        $when: '${!some}',
        spacing: 'Small',
      },
    ),
  ],
  {
    actions: [
      {
        type: 'Action.Submit',
        $when: '${some}',
        title: 'Continue',
        style: 'positive',
        data: {},
      },
    ],
  },
);

const COMMAND = { fontType: 'Monospace', size: 'Small' };

function command(text: string, meaning: string) {
  return rich([run(text, COMMAND), run(` – ${meaning}`, { isSubtle: true })], {
    spacing: 'Small',
  });
}

/** What the bot understands, and what can be requested from it. */
export const HELP_TEMPLATE = adaptiveCard([
  plain('Countersign', { size: 'Large', weight: 'Bolder' }),
  plain(
    'Ask here for actions that somebody has to approve.',
    { isSubtle: true },
    {
      spacing: 'Small',
    },
  ),
  container(
    [
      plain('What you can request', { weight: 'Bolder' }, { $when: '${some}' }),
      plain('No workflow is configured yet.', { isSubtle: true }, { $when: '${!some}' }),
      container(
        [
          plain('${title}'),
          plain(
            '${description}',
            { isSubtle: true, size: 'Small' },
            {
              $when: '${described}',
              spacing: 'None',
            },
          ),
          plain('request ${id}', COMMAND, { spacing: 'None' }),
        ],
        { $data: '${workflows}', spacing: 'Small' },
      ),
      plain('${left}', { isSubtle: true, size: 'Small' }, { $when: '${more}', spacing: 'Small' }),
    ],
    { spacing: 'Medium', separator: true },
  ),
  container(
    [
      plain('What you can say', { weight: 'Bolder' }),
      command('request', 'choose a workflow and fill in its form'),
      command('status 17', 'see request 17'),
      command('sign out', 'end your sign-in here'),
      command('help', 'see this card'),
    ],
    { spacing: 'Medium', separator: true },
  ),
]);
