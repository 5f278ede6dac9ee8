import type { Workflow } from '../../domain/workflow/workflow.ts';

/** The workflows in force, from configuration. */
export interface Workflows {
  get(id: string): Workflow | undefined;
  list(): readonly Workflow[];
}
