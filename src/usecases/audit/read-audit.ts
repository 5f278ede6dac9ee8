import { isAuditor } from '../../domain/people/administration.ts';
import type { Principal } from '../../domain/people/principal.ts';
import { refuse } from '../../domain/refusal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { AppContext } from '../app-context.ts';
import type { AuditReader } from '../ports/audit-reader.ts';

/** The sealed audit log, for an auditor. */
export function readAudit(
  { administration, audit }: Pick<AppContext, 'administration' | 'audit'>,
  by: Principal,
):
  | { readonly kind: 'allowed'; readonly audit: AuditReader }
  | { readonly kind: 'refused'; readonly refusal: Refusal } {
  if (isAuditor(administration, by)) return { kind: 'allowed', audit };
  return { kind: 'refused', refusal: refuse('not_auditor').refusal };
}
