import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { toTimestamp } from '../../lib/clock.ts';
import { callerOf } from '../bearer.ts';
import { readQuery } from '../check-input.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import {
  auditCheckpointSchema,
  auditEntriesSchema,
  consistencySchema,
  inclusionSchema,
} from '../openapi/schemas-audit.ts';
import { HttpProblem, refusalReply } from '../problem.ts';
import type { Reply, Route, RouteDeps } from '../route.ts';
import type { AuditReader } from '../../usecases/ports/audit-reader.ts';

const FOR_AUDITORS = 'For auditors. ';
const count = z.int().min(0).max(999_999_999);
const entriesQuery = z.object({
  from: count.default(0).describe('Index of the first leaf'),
  limit: z.int().min(1).max(500).default(100),
});
const inclusionQuery = z.object({
  index: count.describe('Index of the leaf'),
  size: count.describe('Size of the tree, as a checkpoint states it'),
});
const consistencyQuery = z.object({
  from: count.describe('Size of the earlier tree'),
  to: count.describe('Size of the later tree'),
});

/** Answers an auditor, within the limit of lists. */
async function forAuditor(
  req: IncomingMessage,
  deps: RouteDeps,
  answer: (audit: AuditReader) => Promise<unknown>,
): Promise<Reply> {
  const by = await callerOf(deps, req);
  const admitted = deps.app.admitList(by);
  if (!admitted.ok) return refusalReply(admitted.refusal);
  const read = deps.app.readAudit(by);
  if (read.kind === 'refused') return refusalReply(read.refusal);
  return { status: 200, body: await answer(read.audit) };
}

function outside(what: string): HttpProblem {
  return new HttpProblem('query_invalid', `${what}; GET /v1/audit/checkpoint says the size.`);
}

const COMMON = {
  method: 'GET',
  tag: 'Audit',
  auth: 'bearer',
  problems: ['query_invalid', 'not_auditor', 'rate_limited'],
} as const satisfies Partial<Route>;

/** GET /v1/audit/checkpoint. */
export const auditCheckpointRoute: Route = {
  ...COMMON,
  problems: ['not_auditor', 'rate_limited'],
  path: '/v1/audit/checkpoint',
  operationId: 'readAuditCheckpoint',
  summary: 'The last checkpoint of the audit log',
  description: `${FOR_AUDITORS}All members but \`size\` are null before the first seal.`,
  responses: { 200: jsonAnswer('The checkpoint', auditCheckpointSchema) },
  handle: ({ req }, deps) =>
    forAuditor(req, deps, async (audit) => {
      const last = await audit.checkpoint();
      if (last === undefined) return { size: 0, root: null, at: null, jws: null };
      return { ...last, at: toTimestamp(last.at) };
    }),
};

/** GET /v1/audit/entries. */
export const auditEntriesRoute: Route = {
  ...COMMON,
  path: '/v1/audit/entries',
  operationId: 'listAuditEntries',
  summary: 'Leaves of the audit log with the stored text of their events',
  description: `${FOR_AUDITORS}Personal values in \`body\` are encrypted.`,
  query: entriesQuery,
  responses: { 200: jsonAnswer('A page; `next` is null on the last', auditEntriesSchema) },
  handle: ({ req }, deps) =>
    forAuditor(req, deps, async (audit) => {
      const { from, limit } = readQuery(entriesQuery, req.url);
      const entries = await audit.entries({ from, limit });
      return { entries, next: entries.length < limit ? null : from + limit };
    }),
};

/** GET /v1/audit/proofs/inclusion. */
export const inclusionProofRoute: Route = {
  ...COMMON,
  path: '/v1/audit/proofs/inclusion',
  operationId: 'proveAuditInclusion',
  summary: 'Proof that a leaf is in the tree of a size (RFC 9162 section 2.1.3)',
  description: FOR_AUDITORS.trim(),
  query: inclusionQuery,
  responses: { 200: jsonAnswer('The proof', inclusionSchema) },
  handle: ({ req }, deps) =>
    forAuditor(req, deps, async (audit) => {
      const asked = readQuery(inclusionQuery, req.url);
      const proof = await audit.inclusion(asked);
      if (proof === undefined) throw outside('index must be below size, and size in the log');
      return { ...asked, ...proof };
    }),
};

/** GET /v1/audit/proofs/consistency. */
export const consistencyProofRoute: Route = {
  ...COMMON,
  path: '/v1/audit/proofs/consistency',
  operationId: 'proveAuditConsistency',
  summary: 'Proof that a tree extends an earlier one (RFC 9162 section 2.1.4)',
  description: FOR_AUDITORS.trim(),
  query: consistencyQuery,
  responses: { 200: jsonAnswer('The proof', consistencySchema) },
  handle: ({ req }, deps) =>
    forAuditor(req, deps, async (audit) => {
      const asked = readQuery(consistencyQuery, req.url);
      const proof = await audit.consistency(asked);
      if (proof === undefined) throw outside('from must be 1 to `to`, and `to` in the log');
      return { ...asked, proof };
    }),
};
