import type { Person } from '../../../src/local/world.ts';

const ROWS: readonly (readonly [string, string, string, string[], string, string])[] = [
  [
    'mia',
    'Mia Berg',
    'Developer, Checkout',
    ['developer'],
    'checkout',
    'Ask for something: say “request deploy-production”.',
  ],
  [
    'jonas',
    'Jonas Weber',
    'Developer, Billing',
    ['developer'],
    'billing',
    'Ask too, then try to approve your own request.',
  ],
  [
    'aisha',
    'Aisha Khan',
    'Service owner, Checkout',
    ['approver'],
    'checkout',
    'Open Approvals and press Approve on Mia’s request.',
  ],
  [
    'tomas',
    'Tomás Silva',
    'Service owner, Billing',
    ['approver'],
    'billing',
    'Try to approve what belongs to another department.',
  ],
  [
    'lena',
    'Lena Novak',
    'Head of security',
    ['approver', 'security-lead'],
    'security',
    'Take the second stage when a window is long.',
  ],
  [
    'oskar',
    'Oskar Lind',
    'Product designer',
    [],
    'design',
    'Press Approve and see why nothing happens.',
  ],
  [
    'nadia',
    'Nadia Rossi',
    'Former service owner',
    [],
    'checkout',
    'Your role was taken away a minute ago: try to decide anyway.',
  ],
];

/**
 * The demo people of the page's tests.
 * @returns seven people, whose roles the caller may change
 */
export function fakePeople(): Person[] {
  return ROWS.map(([id, name, title, roles, department, hint], index) => ({
    id,
    name,
    title,
    roles: [...roles],
    department,
    hint,
    oid: `00000000-0000-4000-8000-00000000000${index}`,
    tid: '11111111-1111-4111-8111-111111111111',
    mri: `29:${id}`,
  }));
}
