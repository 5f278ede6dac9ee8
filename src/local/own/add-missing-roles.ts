import type { Workflow } from '../../domain/workflow/workflow.ts';
import { localPerson } from '../people.ts';
import type { Person } from '../world.ts';

/**
 * The people, and for each role of the workflows that nobody has made-up people with it: as many as
 * the largest quorum of a stage that asks for it.
 */
export function addMissingRoles(
  people: readonly Person[],
  workflows: readonly Workflow[],
): readonly Person[] {
  const had = new Set(people.flatMap(({ roles }) => roles));
  const wanted = new Map<string, number>();
  const want = (roles: readonly string[], count: number) => {
    for (const role of roles) {
      if (!had.has(role)) wanted.set(role, Math.max(wanted.get(role) ?? 0, count));
    }
  };
  for (const { request, stages } of workflows) {
    want(request.roles, 1);
    for (const { roles, quorum } of stages) want(roles, quorum);
  }
  const added = [...wanted].flatMap(([role, count]) =>
    Array.from({ length: count }, (_, at) => {
      const number = count === 1 ? '' : ` ${at + 1}`;
      return localPerson({
        id: `${idOf(role)}${number.replace(' ', '-')}`,
        name: `Somebody with ${role}${number}`,
        roles: [role],
        claims: {},
      });
    }),
  );
  const taken = new Set(people.map(({ id }) => id));
  return [...people, ...added.filter(({ id }) => !taken.has(id))];
}

/** A role as the id of a person. */
function idOf(role: string): string {
  return `role-${role.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
}
