import { workflowVersion } from '../domain/workflow/version.ts';
import type { StepUp } from '../domain/request/step-up.ts';
import type {
  ClaimCondition,
  FieldCondition,
  FieldSpec,
  Workflow,
} from '../domain/workflow/workflow.ts';
import { checkShape } from './check-shape.ts';
import { toBound, toFieldSpec, toFieldValue } from './field-spec.ts';
import type { Problem } from './problem.ts';
import { reportTo } from './report.ts';
import type { Report } from './report.ts';
import { refuseReferences } from './references.ts';
import { workflowSchema } from './schema-workflow.ts';
import type { FieldInput, WorkflowInput } from './schema-workflow.ts';
import { oneOf } from './suggest.ts';
import { readYaml } from './yaml-source.ts';
import type { YamlSource } from './yaml-source.ts';

type StageInput = WorkflowInput['stages'][number];

const REQUESTER = '$requester.';

/** A workflow with its source, which gives later checks the positions. */
export interface LoadedWorkflow {
  readonly workflow: Workflow;
  readonly source: YamlSource;
}

/** Reads one workflow file: form, fields, conditions, version. */
export function loadWorkflow(
  file: string,
  text: string,
): {
  readonly loaded: LoadedWorkflow | undefined;
  readonly problems: readonly Problem[];
} {
  const { source, problems: form } = readYaml({ file, text, substitute: refuseReferences });
  if (form.length > 0) return { loaded: undefined, problems: form };
  const shape = checkShape(source, workflowSchema);
  if ('problems' in shape) return { loaded: undefined, problems: shape.problems };
  const problems: Problem[] = [];
  const workflow = toWorkflow(shape.value, reportTo(problems, source));
  return { loaded: { workflow, source }, problems };
}

function stepUpOf(input: NonNullable<StageInput['stepUp']>): StepUp {
  const { acr, amr, maxAge } = input;
  return { acr: acr ?? null, amr: amr ?? null, maxAgeMs: maxAge ?? null };
}

/** A hash leaves `false` out, which says something here. */
function said({ personal, ...field }: FieldInput): object {
  return personal === undefined ? field : { ...field, personal: String(personal) };
}

function toWorkflow(input: WorkflowInput, report: Report): Workflow {
  const fields = input.fields.map((field, at) => toField(field, at, report));
  checkDistinct(
    ['fields', 'id'],
    report,
    fields.map(({ id }) => id),
  );
  checkDistinct(
    ['stages', 'name'],
    report,
    input.stages.map(({ name }) => name),
  );
  return {
    id: input.workflow,
    version: workflowVersion({ ...input, fields: input.fields.map(said) }),
    title: input.title,
    description: input.description ?? null,
    keywords: input.keywords,
    fields,
    request: {
      roles: input.request.roles,
      workloads: input.request.workloads.map((one, at) => toWorkload(one, at, report)),
      ...(input.request.agents ? { agents: true as const } : {}),
      ...(input.request.reruns ? { reruns: true as const } : {}),
    },
    stages: input.stages.map(({ name, roles, where, when, quorum, stepUp }, at) => ({
      id: `stage-${at + 1}`,
      name,
      roles,
      where: where === undefined ? null : toWhere(where, at, report),
      when: when === undefined ? null : toWhen(when, at, { fields, report }),
      quorum,
      ...(stepUp === undefined ? {} : { stepUp: stepUpOf(stepUp) }),
    })),
    channel: input.notify.channel,
    expireMs: input.timing.expire,
    executor: input.execute.use,
    ...(input.singleUse === 'workloads' ? {} : { singleUse: input.singleUse }),
    ...(input.execute.recheckRoles ? { recheckRoles: true as const } : {}),
  };
}

function toField(input: FieldInput, at: number, report: Report): FieldSpec {
  const { spec, problems } = toFieldSpec(input);
  for (const { key, expected } of problems) {
    report(['fields', at, key], 'wrong_field', input[key as keyof FieldInput], expected);
  }
  return spec;
}

function toWorkload(
  { issuer, ...claims }: WorkflowInput['request']['workloads'][number],
  at: number,
  report: Report,
): Workflow['request']['workloads'][number] {
  if (Object.keys(claims).length === 0) {
    const expected = 'at least one claim beside the issuer, such as repository_id';
    report(['request', 'workloads', at], 'open_workload', { issuer }, expected);
  }
  const texts = Object.entries(claims).map(
    ([claim, value]) => [claim, Array.isArray(value) ? value.map(String) : String(value)] as const,
  );
  return { issuer, claims: Object.fromEntries(texts) };
}

function toWhere(
  { claim, equals }: NonNullable<StageInput['where']>,
  stage: number,
  report: Report,
): ClaimCondition {
  if (typeof equals !== 'string' || !equals.startsWith('$')) {
    return { claim, equals: { value: equals as string } };
  }
  const requesterClaim = equals.startsWith(REQUESTER) ? equals.slice(REQUESTER.length) : '';
  if (requesterClaim === '') {
    const path = ['stages', stage, 'where', 'equals'];
    report(path, 'wrong_condition', equals, 'a value, or $requester.<claim>');
  }
  return { claim, equals: { requesterClaim } };
}

function toWhen(
  when: NonNullable<StageInput['when']>,
  stage: number,
  { fields, report }: { fields: readonly FieldSpec[]; report: Report },
): FieldCondition {
  const at = ['stages', stage, 'when'];
  const { field } = when;
  const spec = fields.find(({ id }) => id === field);
  if (spec === undefined) {
    const names = fields.map(({ id }) => id);
    report([...at, 'field'], 'unknown_field', field, oneOf(names, field));
    return { field, in: null, over: null };
  }
  const values = when.in?.map((value, index) => {
    const checked = toFieldValue(spec, value);
    if (typeof checked !== 'object') return checked;
    report([...at, 'in', index], 'wrong_condition', value, checked.expected);
    return '';
  });
  const over = when.over === undefined ? null : toBound(spec.type, when.over);
  if (over === undefined) {
    const expected =
      spec.type === 'duration'
        ? 'a duration such as 4h'
        : 'no `over`: it is for fields of type number and duration';
    report([...at, 'over'], 'wrong_condition', when.over, expected);
  }
  return { field, in: values ?? null, over: over ?? null };
}

function checkDistinct([list, key]: [string, string], report: Report, names: string[]): void {
  names.forEach((name, at) => {
    if (names.indexOf(name) === at) return;
    report([list, at, key], 'repeated', name, `a ${key} that no other entry has`);
  });
}
