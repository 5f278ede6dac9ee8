import { outcomeOf } from '../../../src/domain/outcome.ts';
import { refuse } from '../../../src/domain/refusal.ts';
import { en } from '../../../src/text/en.ts';
import { outcomeText, refusalText } from '../../../src/text/text.ts';

const stage = 'Service owner';
const label = 'Window';

test.each([
  [
    refuse('role_missing', { stage, roles: ['lead', 'owner'], held: ['developer', 'auditor'] }),
    '"Service owner" is decided by the role lead or owner; your token carries developer, auditor.',
  ],
  [
    refuse('role_missing', { stage, roles: [], held: [] }),
    '"Service owner" is decided by the role that nobody has (none is configured); ' +
      'your token carries no role.',
  ],
  [
    refuse('requester_not_allowed', { workflow: 'deploy', workload: 'ci', roles: [], held: [] }),
    'The workload ci may not request deploy: no rule under request.workloads matches its ' +
      "token's issuer and claims.",
  ],
  [
    refuse('claim_mismatch', { stage, claim: 'department', wanted: 'Payments', own: null }),
    '"Service owner" is decided by people whose department is Payments; yours is not in your token.',
  ],
  [
    refuse('own_request', { linked: true }),
    'You asked for this, through a pipeline or another account of yours, so somebody else must ' +
      'decide it.',
  ],
  [
    refuse('field_invalid', { label, rule: 'max', limit: 28_800_000, duration: true }),
    'Window must be at most 8 h.',
  ],
  [
    refuse('field_invalid', { label, rule: 'min', limit: 1_000.5, duration: false }),
    'Window must be at least 1,000.5.',
  ],
  [
    refuse('field_invalid', { label, rule: 'length', length: 2_001, max: 2_000 }),
    'Window has 2,001 characters; at most 2,000.',
  ],
  [
    refuse('step_up_required', { lacks: 'amr', wanted: ['mfa', 'hwk'], found: [] }),
    'This stage is decided under a sign-in with mfa and hwk; yours is none. ' +
      'Sign in again as it asks.',
  ],
  [
    refuse('step_up_required', { lacks: 'age', maxAgeMs: 300_000, ageMs: -90_000 }),
    'This stage is decided under a sign-in not older than 5 min; yours is of a time still to ' +
      'come. Sign in again as it asks.',
  ],
  [
    refuse('step_up_required', { lacks: 'age', maxAgeMs: 300_000, ageMs: 600_000 }),
    'This stage is decided under a sign-in not older than 5 min; yours is 10 min old. ' +
      'Sign in again as it asks.',
  ],
])('the refusal %j has a sentence', ({ refusal }, sentence) => {
  expect(refusalText(en, refusal)).toBe(sentence);
});

const target = 'deploy.example/hooks';
const ben = { person: 'Ben Adler', personKey: 'local|ben' };
const at = 0;

test.each([
  [outcomeOf('applied', { target, status: 202, said: 'Started' }, { at }), 'Started'],
  [
    outcomeOf('applied', { target, status: 202, said: null }, { at }),
    'deploy.example/hooks took it (202).',
  ],
  [
    outcomeOf('target_refused', { target, status: 422, said: 'No such version' }, { at }),
    'deploy.example/hooks refused it (422). It said: No such version',
  ],
  [
    outcomeOf('target_error', { target, status: 500, said: null }, { at }),
    'deploy.example/hooks failed (500).',
  ],
  [
    outcomeOf('executor_changed', { sent: true }, { at }),
    "The executor's configuration was changed while it was being applied. Look at the target.",
  ],
  [
    outcomeOf('roles_withdrawn', { ...ben, role: 'owner', sent: false }, { at }),
    'Ben Adler approved it as owner and no longer has that role. Ask for it again.',
  ],
  [
    outcomeOf('claim_changed', { ...ben, claim: 'dept', value: 'HR', sent: true }, { at }),
    'Ben Adler approved it with the dept HR and no longer has that. ' +
      'An earlier try may have reached the target: look there.',
  ],
  [
    outcomeOf(
      'roles_unconfirmed',
      { ...ben, role: 'owner', claim: null, value: '', sent: false },
      { at },
    ),
    'Whether Ben Adler still has the role owner could not be found out, and this workflow does ' +
      'not run without. Ask for it again.',
  ],
])('the outcome %j has a sentence', (outcome, sentence) => {
  expect(outcomeText(en, outcome)).toBe(sentence);
});

test('shows the code of an outcome of a newer version', () => {
  const { params } = outcomeOf('expired', {}, { at });
  const newer = { code: 'from_the_future' as 'expired', params, reference: null, at };
  expect(outcomeText(en, newer)).toBe('from_the_future');
});
