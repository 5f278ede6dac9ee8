import { z } from 'zod';
import { configSchema } from '../../../src/config/schema.ts';
import { createExecutors, EXECUTOR_KINDS } from '../../../src/executors/registry.ts';
import { defineExecutor } from '../../../src/executors/sdk.ts';
import { silentLogger } from '../../../src/lib/logger.ts';

const groupSchema = z.strictObject({ kind: z.literal('group'), team: z.string() });
const group = defineExecutor<typeof groupSchema>({
  kind: 'group',
  schema: groupSchema,
  addresses: [],
  secrets: [],
  defaults: {},
  create: ({ section }) => ({
    plan: ({ member }) => ({ target: `${section.team}/${String(member)}`, durationMs: null }),
    repeatable: true,
    probe: () => Promise.resolve('there'),
    execute: () => Promise.reject(new Error('not executed here')),
  }),
});

describe('a kind of executor', () => {
  const executors = createExecutors({
    config: {
      profile: 'production',
      executors: {
        admins: { kind: 'group', section: { kind: 'group', team: 'admins' }, secretRefs: {} },
      },
    },
    clock: { now: () => 0 },
    log: silentLogger,
    kinds: [...EXECUTOR_KINDS, group],
  });

  test('plans with the values of the fields, under one configuration hash', () => {
    const plan = executors.plan('admins', { member: 'mia' });
    expect(plan).toMatchObject({ executor: 'admins', kind: 'group', target: 'admins/mia' });
    const other = executors.plan('admins', { member: 'amara' });
    expect(other).toEqual({ ...plan, target: 'admins/amara' });
  });

  test('brings the schema of its section', () => {
    const schema = configSchema([...EXECUTOR_KINDS, group]).shape.executors;
    const section = (given: object) => schema.safeParse({ admins: given }).success;
    expect(section({ kind: 'group', team: 'admins' })).toBe(true);
    expect(section({ kind: 'group', url: 'https://hooks.example' })).toBe(false);
    expect(section({ kind: 'other', team: 'admins' })).toBe(false);
  });

  test('that is not defined is refused at the start', () => {
    const config = {
      profile: 'production' as const,
      executors: { admins: { kind: 'group', section: {}, secretRefs: {} } },
    };
    const create = () => createExecutors({ config, clock: { now: () => 0 }, log: silentLogger });
    expect(create).toThrow('executors.admins');
  });
});
