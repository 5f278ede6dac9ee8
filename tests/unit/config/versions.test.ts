import { loadWorkflow } from '../../../src/config/load-workflow.ts';
import { createExecutors } from '../../../src/executors/registry.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { configText, load } from './support.ts';

const MINIMAL = `
workflow: deploy
title: Deploy
fields: [{ id: urgent, type: boolean }]
request: { roles: [developer], workloads: [{ issuer: github, repository_id: '7' }] }
stages: [{ name: Owner, roles: [approver], stepUp: { maxAge: 90s } }]
notify: { channel: prod-approvals }
execute: { use: deploy-webhook }
`;

/** A workflow's version after changes of its text, each given as the piece and what replaces it. */
function versionOf(...changes: readonly (readonly [piece: string, by: string])[]): string {
  const text = changes.reduce((given, [piece, by]) => {
    if (!given.includes(piece)) throw new Error(`the file does not say ${piece}`);
    return given.replace(piece, by);
  }, MINIMAL);
  const { loaded, problems } = loadWorkflow('deploy.yaml', text);
  if (!loaded) throw new Error(JSON.stringify(problems));
  return loaded.workflow.version;
}

test('known answer: the version of this file never changes', () => {
  expect(versionOf()).toBe('x82JUiGv5ZjIs2qprT2z426_TVTytw2azBAFbeXht6M');
});

test('a default that is written down changes no version', () => {
  const written = versionOf(
    ['title: Deploy', 'title: Deploy\nkeywords: []\nsingleUse: workloads\ntiming: { expire: 1d }'],
    ['type: boolean', 'type: boolean, required: false'],
    ['roles: [approver]', 'roles: [approver], quorum: 1'],
    ['use: deploy-webhook', 'use: deploy-webhook, recheckRoles: false'],
  );
  expect(written).toBe(versionOf());
  const workloads = ", workloads: [{ issuer: github, repository_id: '7' }] }";
  expect(versionOf([workloads, ', workloads: [] }'])).toBe(versionOf([workloads, ' }']));
});

test('every other difference of two files changes the version', () => {
  const claim = (text: string): [string, string] => ["repository_id: '7'", text];
  const stage = (text: string): [string, string] => ['name: Owner,', `name: Owner, ${text},`];
  const changes: readonly (readonly [string, string])[] = [
    ['type: boolean', 'type: boolean, required: true'],
    ['type: boolean', 'type: boolean, default: false'],
    ['type: boolean', 'type: boolean, default: true'],
    claim("repository_id: '7', protected: false"),
    claim("repository_id: '7', quorum: 1"),
    claim("repository_id: '7', singleUse: workloads"),
    claim("repository_id: '7', required: false"),
    stage('where: { claim: external, equals: false }'),
    stage('where: { claim: groups, equals: [] }'),
    stage('quorum: 2'),
    ['title: Deploy', 'title: Deploy\ntiming: { expire: 1h }'],
    ['use: deploy-webhook', 'use: deploy-webhook, recheckRoles: true'],
    ['title: Deploy', 'title: Deploy\nsingleUse: nobody'],
  ];
  const versions = [versionOf(), ...changes.map((change) => versionOf(change))];
  expect(new Set(versions).size).toBe(changes.length + 1);
});

/** The hash of the example's executor, with more keys of its section. */
function configHashOf(...keys: readonly string[]): string {
  const section = ['kind: webhook', ...keys].join('\n    ');
  const text = configText
    .replace(/^( {4})(?:timeout|idempotent|maxAttempts|allowPrivate):.*\n/gm, '')
    .replace('kind: webhook', section);
  const { config } = load({ config: text });
  const executors = createExecutors({ config, clock: { now: () => 0 }, log: silentLogger });
  return executors.plan('deploy-webhook', {})?.configHash ?? '';
}

test('known answer: the hash of this executor never changes', () => {
  expect(configHashOf()).toBe('Qbf38sBWclKhtnkYWSBNdmVSJpOtpO7qBnbC44cfHIY');
});

test('a default of an executor that is written down changes no hash, another value does', () => {
  const defaults = ['timeout: 10s', 'idempotent: false', 'maxAttempts: 5', 'allowPrivate: []'];
  expect(configHashOf(...defaults)).toBe(configHashOf());
  const others = ['timeout: 9s', 'idempotent: true', 'maxAttempts: 4', 'allowPrivate: [a.example]'];
  const hashes = [configHashOf(), ...others.map((key) => configHashOf(key))];
  expect(new Set(hashes).size).toBe(others.length + 1);
});
