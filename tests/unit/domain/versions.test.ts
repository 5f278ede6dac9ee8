import { executorConfigHash } from '../../../src/domain/request/digest.ts';
import { timersOf } from '../../../src/domain/request/timers.ts';
import { workflowVersion } from '../../../src/domain/workflow/version.ts';
import { pendingRequest } from '../../support/builders.ts';

const said = {
  workflow: 'deploy',
  title: 'Deploy',
  stages: [{ name: 'Owner', roles: ['approver'] }],
  execute: { use: 'hook' },
};

test('a default that is written down, and an empty new key, change no workflow version', () => {
  const version = workflowVersion(said);
  const written = {
    ...said,
    fields: [],
    keywords: [],
    description: undefined,
    stages: [{ name: 'Owner', roles: ['approver'], quorum: 1, where: undefined }],
    timing: { expire: 86_400_000 },
    execute: { use: 'hook', recheckRoles: false },
    singleUse: 'workloads',
    notYetKnown: { nested: [] },
  };
  expect(workflowVersion(written)).toBe(version);
  expect(workflowVersion({ ...said, title: 'Other' })).not.toBe(version);
  expect(workflowVersion({ ...said, timing: { expire: 3_600_000 } })).not.toBe(version);
});

test('known answers: these hashes never change', () => {
  expect(workflowVersion(said)).toBe('xDlQ7IjDfYpVOSW3VznGl6OYwF6-jWQ9VCigCyHaLB0');
  expect(executorConfigHash({ kind: 'webhook', url: 'https://deploy.example/hook' })).toBe(
    'MqMj7QH4_ARUzPk3DfMnHXqpiaELFXtOGEDNlTW9OpY',
  );
});

test('a pending request has the timer of its expiry, any other has none', () => {
  const request = pendingRequest();
  expect(timersOf(request)).toEqual([{ kind: 'expire', at: request.expiresAt }]);
  expect(timersOf({ ...request, state: 'approved' })).toEqual([]);
  expect(timersOf(null)).toEqual([]);
});
