import { present } from './dialog.js';
import { h, iconButton } from './dom.js';
import { icon, mark } from './icons.js';

const REAL = [
  [
    'The wire',
    'Buttons send Action.Execute invokes over HTTP to /api/messages; the answers are ' +
      'what the bot would send to Teams.',
  ],
  [
    'The tokens',
    'An OpenID Connect provider on this machine signs them. Issuer, audience, expiry, ' +
      'tenant, person and role are checked at every click.',
  ],
  [
    'The consequences',
    'Decisions are committed durably, executed once and written to the audit ' +
      'log, which you can verify.',
  ],
];
const STEPS = [
  'As somebody who may ask, say “request deploy-production” or press + Request.',
  'Switch to an approver, open Approvals and press Approve.',
  'Try the same as the onlooker, or as the requester: refused, with a reason.',
];

/**
 * Opens the panel that explains this page.
 * @param {{ title: string }} state
 */
export function openAbout({ title }) {
  const dialog = h(
    'dialog',
    { class: 'task about', 'aria-label': 'What is this?' },
    h(
      'header',
      { class: 'task-head' },
      h('span', { class: 'task-mark' }, mark(24)),
      h('h2', {}, 'What is this?'),
      iconButton({ label: 'Close', icon: icon('close'), onclick: () => dialog.close() }),
    ),
    h(
      'div',
      { class: 'task-body' },
      h(
        'p',
        {},
        'A stand-in for Microsoft Teams that runs on your machine, so that you can try ' +
          `${title} without an account. Only the client and the people are made up.`,
      ),
      h('h3', {}, 'What is real'),
      h(
        'dl',
        { class: 'real' },
        ...REAL.flatMap(([term, text]) => [
          h('dt', {}, icon('check', 16), term),
          h('dd', {}, text),
        ]),
      ),
      h('h3', {}, 'Try this first'),
      h('ol', { class: 'steps' }, ...STEPS.map((step) => h('li', {}, step))),
      h('p', { class: 'muted small' }, 'Not a product of Microsoft. Nothing here leaves loopback.'),
    ),
  );
  present(dialog);
}
