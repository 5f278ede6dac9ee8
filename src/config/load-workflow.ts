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
  const builder = new Builder(source, shape.value);
  const workflow = builder.build();
  return { loaded: { workflow, source }, problems: builder.problems };
}

function stepUpOf(input: NonNullable<WorkflowInput['stages'][number]['stepUp']>): StepUp {
  const { acr, amr, maxAge } = input;
  return { acr: acr ?? null, amr: amr ?? null, maxAgeMs: maxAge ?? null };
}

/** A hash leaves `false` out, which says something here. */
function said({ personal, ...field }: FieldInput): object {
  return personal === undefined ? field : { ...field, personal: String(personal) };
}

class Builder {
  readonly problems: Problem[] = [];
  readonly #report: Report;
  readonly #input: WorkflowInput;

  constructor(source: YamlSource, input: WorkflowInput) {
    this.#report = reportTo(this.problems, source);
    this.#input = input;
  }

  build(): Workflow {
    const input = this.#input;
    const fields = this.#fields();
    const content: Omit<Workflow, 'version'> = {
      id: input.workflow,
      title: input.title,
      description: input.description ?? null,
      keywords: input.keywords,
      fields,
      request: { roles: input.request.roles, workloads: this.#workloads() },
      stages: input.stages.map((stage, at) => ({
        id: `stage-${at + 1}`,
        name: stage.name,
        roles: stage.roles,
        where: stage.where === undefined ? null : this.#where(stage.where, at),
        when: stage.when === undefined ? null : this.#when(stage.when, at, fields),
        quorum: stage.quorum,
        ...(stage.stepUp === undefined ? {} : { stepUp: stepUpOf(stage.stepUp) }),
      })),
      channel: input.notify.channel,
      expireMs: input.timing.expire,
      executor: input.execute.use,
      ...(input.singleUse === 'workloads' ? {} : { singleUse: input.singleUse }),
      ...(input.execute.recheckRoles ? { recheckRoles: true as const } : {}),
    };
    this.#distinct(
      input.stages.map((stage) => stage.name),
      'stages',
      'name',
    );
    return { ...content, version: workflowVersion({ ...input, fields: input.fields.map(said) }) };
  }

  #fields(): FieldSpec[] {
    const { fields } = this.#input;
    this.#distinct(
      fields.map((field) => field.id),
      'fields',
      'id',
    );
    return fields.map((input, at) => {
      const { spec, problems } = toFieldSpec(input);
      for (const { key, expected } of problems) {
        this.#report(
          ['fields', at, key],
          'wrong_field',
          input[key as keyof typeof input],
          expected,
        );
      }
      return spec;
    });
  }

  #workloads(): Workflow['request']['workloads'] {
    return this.#input.request.workloads.map(({ issuer, ...claims }, at) => {
      if (Object.keys(claims).length === 0) {
        const expected = 'at least one claim beside the issuer, such as repository_id';
        this.#report(['request', 'workloads', at], 'open_workload', { issuer }, expected);
      }
      const texts = Object.entries(claims).map(
        ([claim, value]) =>
          [claim, Array.isArray(value) ? value.map(String) : String(value)] as const,
      );
      return { issuer, claims: Object.fromEntries(texts) };
    });
  }

  #where(where: { claim: string; equals: unknown }, stage: number): ClaimCondition {
    const { claim, equals } = where;
    if (typeof equals !== 'string' || !equals.startsWith('$')) {
      return { claim, equals: { value: equals as string } };
    }
    const requesterClaim = equals.startsWith(REQUESTER) ? equals.slice(REQUESTER.length) : '';
    if (requesterClaim === '') {
      const path = ['stages', stage, 'where', 'equals'];
      this.#report(path, 'wrong_condition', equals, 'a value, or $requester.<claim>');
    }
    return { claim, equals: { requesterClaim } };
  }

  #when(
    when: { field: string; in?: unknown[] | undefined; over?: unknown },
    stage: number,
    fields: readonly FieldSpec[],
  ): FieldCondition {
    const at = ['stages', stage, 'when'];
    const spec = fields.find((field) => field.id === when.field);
    if (spec === undefined) {
      const names = fields.map((field) => field.id);
      this.#report([...at, 'field'], 'unknown_field', when.field, oneOf(names, when.field));
      return { field: when.field, in: null, over: null };
    }
    const values = when.in?.map((value, index) => {
      const checked = toFieldValue(spec, value);
      if (typeof checked !== 'object') return checked;
      this.#report([...at, 'in', index], 'wrong_condition', value, checked.expected);
      return '';
    });
    const over = when.over === undefined ? null : toBound(spec.type, when.over);
    if (over === undefined) {
      const expected =
        spec.type === 'duration'
          ? 'a duration such as 4h'
          : 'no `over`: it is for fields of type number and duration';
      this.#report([...at, 'over'], 'wrong_condition', when.over, expected);
    }
    return { field: when.field, in: values ?? null, over: over ?? null };
  }

  #distinct(names: readonly string[], list: string, key: string): void {
    names.forEach((name, at) => {
      if (names.indexOf(name) === at) return;
      this.#report([list, at, key], 'repeated', name, `a ${key} that no other entry has`);
    });
  }
}
