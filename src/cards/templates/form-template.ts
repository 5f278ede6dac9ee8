import { MAX_REASON_LENGTH } from '../../domain/request/submit.ts';
import type { Text } from '../../text/text.ts';
import { adaptiveCard, container, plain } from './elements.ts';
import type { Json } from './elements.ts';

const COMMON: Json = {
  id: '${id}',
  label: '${label}',
  isRequired: '${required}',
  errorMessage: '${error}',
};

function input(type: string, when: string, rest: Json): Json {
  return { type, $when: when, ...COMMON, ...rest };
}

// One container a field, so that what is wrong with a value stands right under it.
const fields = container(
  [
    input('Input.Text', '${text}', {
      value: '${value}',
      placeholder: '${hint}',
      maxLength: '${maxLength}',
      regex: '${regex}',
    }),
    input('Input.Text', '${multiline}', {
      value: '${value}',
      placeholder: '${hint}',
      maxLength: '${maxLength}',
      regex: '${regex}',
      isMultiline: true,
    }),
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
    plain(
      '${problem}',
      { color: 'Attention', size: 'Small' },
      {
        $when: '${wrong}',
        spacing: 'Small',
      },
    ),
  ],
  { $data: '${fields}', spacing: 'Medium' },
);

const reason = ({ form }: Text): Json => ({
  type: 'Input.Text',
  $when: '${asksReason}',
  id: 'reason',
  label: form.reason,
  isMultiline: true,
  spacing: 'Medium',
  placeholder: form.reasonHint,
  value: '${reason}',
  maxLength: MAX_REASON_LENGTH,
});

// The version tells a form without any input filled in from the picker's choice.
const DATA = { workflow: '${id}', v: 1 };

/**
 * What a requester fills in, for a message (`chat`: Action.Execute, so that the requester's token
 * is asked for) or for a dialog. Its model is made in form-model.ts.
 */
export function formTemplate(text: Text): Json {
  const send = { title: text.form.send, style: 'positive' };
  return adaptiveCard(
    text,
    [
      plain('${title}', { size: 'Large', weight: 'Bolder' }),
      plain('${description}', { isSubtle: true }, { $when: '${described}', spacing: 'Small' }),
      container([plain('${problem}')], {
        $when: '${wrong}',
        style: 'attention',
        spacing: 'Medium',
      }),
      fields,
      reason(text),
      plain('${next}', { isSubtle: true, size: 'Small' }, { spacing: 'Medium' }),
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
        { type: 'Action.Submit', $when: '${!chat}', ...send, data: DATA },
      ],
    },
  );
}
