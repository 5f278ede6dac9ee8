import { mayRequest } from '../../domain/people/authority.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { Workflow } from '../../domain/workflow/workflow.ts';
import type { Workflows } from '../ports/workflows.ts';

/** Workflows that a principal may request. */
export function listWorkflows(workflows: Workflows, by: Principal): readonly Workflow[] {
  return workflows.list().filter((workflow) => mayRequest(workflow, by).ok);
}

/** Finds workflows by the exact id, or else an id prefix, or else a keyword or title. */
export function findWorkflow(workflows: Workflows, text: string): readonly Workflow[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const exact = workflows.get(wanted);
  if (exact) return [exact];
  const byId = workflows.list().filter((workflow) => workflow.id.startsWith(wanted));
  if (byId.length > 0) return byId;
  return workflows
    .list()
    .filter(
      (workflow) =>
        workflow.keywords.some((keyword) => keyword.toLowerCase() === wanted) ||
        workflow.title.toLowerCase().includes(wanted),
    );
}
