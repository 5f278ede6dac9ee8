import type { Json } from '../../../src/local/world.ts';

/** The content of the cards below. */
export interface FakeRequest {
  readonly number: number;
  readonly service: string;
  readonly version: string;
  readonly requester: string;
  readonly reason: string;
  state: 'pending' | 'approved' | 'applying' | 'applied' | 'denied';
  decidedBy?: string;
  /** Further facts, to make a long card. */
  readonly facts?: readonly (readonly [string, string])[];
}

const LOOK = {
  pending: { style: 'accent', color: 'Accent', label: 'Waiting for approval' },
  approved: { style: 'good', color: 'Good', label: 'Approved' },
  applying: { style: 'accent', color: 'Accent', label: 'Approved, being applied' },
  applied: { style: 'good', color: 'Good', label: 'Applied' },
  denied: { style: 'attention', color: 'Attention', label: 'Denied' },
} as const;

/**
 * The approval card as a chat shows it.
 * @param request the request
 * @param options who gets a personal view, and whether to omit the buttons
 * @returns an Adaptive Card 1.5
 */
export function approvalCard(
  request: FakeRequest,
  options: { userIds?: readonly string[]; note?: string } = {},
): Json {
  const look = LOOK[request.state];
  const open = request.state === 'pending';
  return {
    type: 'AdaptiveCard',
    version: '1.5',
    ...(open && options.userIds?.length
      ? { refresh: { action: execute('Refresh', 'refresh', request), userIds: options.userIds } }
      : {}),
    body: [
      header(request, look),
      { type: 'FactSet', spacing: 'Medium', facts: facts(request) },
      { type: 'TextBlock', text: 'Reason', weight: 'Bolder', spacing: 'Medium' },
      { type: 'TextBlock', text: request.reason, wrap: true, spacing: 'Small' },
      ...(options.note ? [note(options.note)] : []),
      {
        type: 'TextBlock',
        size: 'Small',
        isSubtle: true,
        wrap: true,
        spacing: 'Medium',
        text: 'Expires in 24 hours · digest 9f2c 41aa 07be',
      },
    ],
    actions: open ? actions(request) : [],
  };
}

function header(request: FakeRequest, look: (typeof LOOK)[FakeRequest['state']]): Json {
  return {
    type: 'Container',
    style: look.style,
    bleed: true,
    items: [
      {
        type: 'ColumnSet',
        columns: [
          {
            type: 'Column',
            width: 'stretch',
            items: [
              {
                type: 'TextBlock',
                text: look.label,
                color: look.color,
                weight: 'Bolder',
              },
            ],
          },
          {
            type: 'Column',
            width: 'auto',
            items: [
              {
                type: 'TextBlock',
                text: `#${request.number}`,
                isSubtle: true,
              },
            ],
          },
        ],
      },
      {
        type: 'TextBlock',
        size: 'Large',
        weight: 'Bolder',
        wrap: true,
        spacing: 'Small',
        text: `Deploy ${request.service} ${request.version} to production`,
      },
    ],
  };
}

function facts(request: FakeRequest): Json[] {
  const lines: [string, string][] = [
    ['Requested by', request.requester],
    ['Service', request.service],
    ['Version', request.version],
    ['Window', '1 hour'],
    ...(request.facts ?? []).map(([title, value]): [string, string] => [title, value]),
    ['Stage', 'Service owner · 1 approval needed'],
  ];
  if (request.decidedBy) lines.push(['Decided by', request.decidedBy]);
  return lines.map(([title, value]) => ({ title, value }));
}

function note(text: string): Json {
  return {
    type: 'Container',
    style: 'good',
    spacing: 'Medium',
    items: [{ type: 'TextBlock', text, wrap: true, color: 'Good' }],
  };
}

function actions(request: FakeRequest): Json[] {
  return [
    { ...execute('Approve', 'approve', request), style: 'positive' },
    {
      type: 'Action.ShowCard',
      title: 'Deny',
      style: 'destructive',
      card: {
        type: 'AdaptiveCard',
        body: [
          {
            type: 'Input.Text',
            id: 'reason',
            label: 'Why?',
            isMultiline: true,
            isRequired: true,
            errorMessage: 'Say why, so that the requester can act on it.',
            placeholder: 'Shown to the requester',
            maxLength: 500,
          },
        ],
        actions: [{ ...execute('Deny request', 'deny', request), style: 'destructive' }],
      },
    },
    {
      type: 'Action.Submit',
      title: 'Review',
      data: { msteams: { type: 'task/fetch' }, request: request.number },
    },
  ];
}

function execute(title: string, verb: string, request: FakeRequest): Json {
  const data = { request: `req_${request.number}`, revision: 1 };
  return { type: 'Action.Execute', title, verb, data };
}

/**
 * The form of the messaging-extension command.
 * @returns an Adaptive Card with inputs and one Action.Submit
 */
export function formCard(): Json {
  return {
    type: 'AdaptiveCard',
    version: '1.5',
    body: [
      {
        type: 'TextBlock',
        wrap: true,
        isSubtle: true,
        text: 'The service owner gets a card in **Approvals** and decides with one click.',
      },
      {
        type: 'Input.ChoiceSet',
        id: 'service',
        label: 'Service',
        isRequired: true,
        errorMessage: 'Choose a service.',
        placeholder: 'Choose a service',
        choices: ['checkout', 'billing', 'search'].map((value) => ({ title: value, value })),
      },
      {
        type: 'Input.Text',
        id: 'version',
        label: 'Version',
        isRequired: true,
        regex: '^\\d+\\.\\d+\\.\\d+$',
        placeholder: '4.12.0',
        errorMessage: 'Three numbers with dots between them, such as 4.12.0.',
      },
      {
        type: 'Input.ChoiceSet',
        id: 'window',
        label: 'Window',
        style: 'expanded',
        value: '1h',
        choices: [
          { title: '1 hour', value: '1h' },
          { title: '4 hours', value: '4h' },
        ],
      },
      { type: 'Input.Text', id: 'reason', label: 'Reason', isMultiline: true, maxLength: 500 },
      { type: 'Input.Toggle', id: 'notify', title: 'Tell me when it is applied', value: 'true' },
    ],
    actions: [{ type: 'Action.Submit', title: 'Send request', style: 'positive', data: {} }],
  };
}
