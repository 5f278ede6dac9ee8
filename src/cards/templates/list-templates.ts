import type { Text } from '../../text/text.ts';
import { adaptiveCard, container, plain, quiet, rich, run, small } from './elements.ts';
import type { Json } from './elements.ts';

/** The choice of a workflow, in a dialog. */
export function pickerTemplate(text: Text): Json {
  const { lists } = text;
  return adaptiveCard(
    text,
    [
      plain(
        lists.question,
        { size: 'Medium', weight: 'Bolder' },
        {
          $when: '${some}',
        },
      ),
      {
        type: 'Input.ChoiceSet',
        $when: '${some}',
        id: 'workflow',
        label: lists.workflow,
        style: '${style}',
        choices: '${choices}',
        value: '${first}',
        isRequired: true,
        errorMessage: lists.choose,
      },
      small('${left}', { $when: '${more}' }),
      small(lists.typedTooLong, { $when: '${typedTooLong}' }),
      plain(lists.nothing, { weight: 'Bolder' }, { $when: '${!some}' }),
      quiet(lists.askForRole, { $when: '${!some}', spacing: 'Small' }),
    ],
    {
      actions: [
        {
          type: 'Action.Submit',
          $when: '${some}',
          title: lists.continue,
          style: 'positive',
          data: '${data}',
        },
      ],
    },
  );
}

const COMMAND = { fontType: 'Monospace', size: 'Small' };

function command(typed: string, meaning: string): Json {
  return rich([run(typed, COMMAND), run(meaning, { isSubtle: true })], {
    spacing: 'Small',
  });
}

/** The help: the commands, and the workflows that can be requested. */
export function helpTemplate(text: Text): Json {
  const { lists } = text;
  const says = (typed: string, meaning: string) => command(typed, lists.meaning({ meaning }));
  return adaptiveCard(text, [
    plain(lists.product, { size: 'Large', weight: 'Bolder' }),
    quiet(lists.purpose, { spacing: 'Small' }),
    container(
      [
        plain(lists.canRequest, { weight: 'Bolder' }, { $when: '${some}' }),
        quiet(lists.noWorkflow, { $when: '${!some}' }),
        container(
          [
            plain('${title}'),
            small('${description}', { $when: '${described}', spacing: 'None' }),
            plain('request ${id}', COMMAND, { spacing: 'None' }),
          ],
          { $data: '${workflows}', spacing: 'Small' },
        ),
        small('${left}', { $when: '${more}', spacing: 'Small' }),
      ],
      { spacing: 'Medium', separator: true },
    ),
    container(
      [
        plain(lists.canSay, { weight: 'Bolder' }),
        says('request', lists.requestMeaning),
        says('status 17', lists.statusMeaning),
        says('sign out', lists.signOutMeaning),
        says('help', lists.helpMeaning),
      ],
      { spacing: 'Medium', separator: true },
    ),
  ]);
}
