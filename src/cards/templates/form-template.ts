import type { Text } from '../../text/text.ts';
import { adaptiveCard, container, plain, quiet, small } from './elements.ts';
import type { Json } from './elements.ts';

const COMMON: Json = {
  id: '${id}',
  label: '${label}',
  isRequired: '${required}',
  errorMessage: '${error}',
};

const TEXT: Json = {
  value: '${value}',
  placeholder: '${hint}',
  maxLength: '${maxLength}',
  regex: '${regex}',
};

function input(type: string, when: string, rest: Json): Json {
  return { type, $when: when, ...COMMON, ...rest };
}

function problemOf(text: string, when: string): Json {
  return plain(text, { color: 'Attention', size: 'Small' }, { $when: when, spacing: 'Small' });
}

// Each field has a container, so that its error is shown directly below it.
const fields = container(
  [
    input('Input.Text', '${text}', TEXT),
    input('Input.Text', '${multiline}', { ...TEXT, isMultiline: true }),
    input('Input.ChoiceSet', '${choice}', {
      value: '${value}',
      placeholder: '${hint}',
      choices: '${choices}',
      style: '${style}',
    }),
    input('Input.Number', '${number}', {
      value: '${value}',
      placeholder: '${hint}',
      min: '${min}',
      max: '${max}',
    }),
    {
      type: 'Input.Toggle',
      $when: '${boolean}',
      id: '${id}',
      title: '${label}',
      value: '${value}',
      valueOn: 'true',
      valueOff: 'false',
      wrap: true,
    },
    problemOf('${problem}', '${wrong}'),
  ],
  { $data: '${fields}', spacing: 'Medium' },
);

const reason = ({ form }: Text): Json =>
  container(
    [
      {
        type: 'Input.Text',
        id: 'reason',
        label: form.reason,
        isMultiline: true,
        placeholder: form.reasonHint,
        value: '${reason}',
        maxLength: '${reasonRoom}',
      },
      problemOf('${reasonProblem}', '${reasonWrong}'),
    ],
    { $when: '${asksReason}', spacing: 'Medium' },
  );

// `v` distinguishes a form without inputs from the picker's choice.
const DATA = { workflow: '${id}', v: 1 };

/**
 * The form of a request. In a message (`chat`) it is sent by Action.Execute, which brings the
 * requester's token; in a dialog by Action.Submit. form-model.ts makes its model.
 */
export function formTemplate(text: Text): Json {
  const send = { title: text.form.send, style: 'positive' };
  return adaptiveCard(
    text,
    [
      plain('${title}', { size: 'Large', weight: 'Bolder' }),
      quiet('${description}', { $when: '${described}', spacing: 'Small' }),
      container([plain('${problem}')], {
        $when: '${wrong}',
        style: 'attention',
        spacing: 'Medium',
      }),
      container([plain('${rest}')], { $when: '${unread}', style: 'warning', spacing: 'Medium' }),
      fields,
      reason(text),
      small('${next}', { spacing: 'Medium' }),
    ],
    {
      actions: [
        {
          type: 'Action.Execute',
          $when: '${chat}',
          ...send,
          verb: 'submit',
          data: DATA,
          fallback: { type: 'Action.Submit', ...send, data: { ...DATA, verb: 'submit' } },
        },
        {
          type: 'Action.Submit',
          $when: '${!chat}',
          ...send,
          title: text.form.continueInChat,
          data: DATA,
        },
      ],
    },
  );
}
