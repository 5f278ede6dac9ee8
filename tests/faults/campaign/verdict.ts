import { verifierOfJwks } from '../../../src/audit/checkpoint-verifier.ts';
import { verifyAudit } from '../../../src/audit/verify.ts';
import { isTerminal } from '../../../src/domain/request/state.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { RequestState } from '../../../src/domain/request/state.ts';
import type { Delivery } from '../../../src/local/target.ts';
import type { Copy } from './board.ts';
import type { Cluster } from './cluster.ts';
import type { ClickAnswer } from './people.ts';

/** A request of the campaign with the answers to all clicks on it. */
export interface Tracked {
  readonly id: string;
  readonly number: number;
  readonly target: 'deploy' | 'bank';
  readonly answers: readonly ClickAnswer[];
}

/** Violations as sentences; empty lists: none. */
export interface Findings {
  readonly lost: string[];
  readonly doubled: string[];
  readonly unsettled: string[];
}

const LABELS: Partial<Record<RequestState, string>> = {
  applied: '✓  Applied',
  denied: '✕  Denied',
  unknown: 'Sent · outcome not known',
  failed: '✕  Failed to apply',
};
const ONCE = [
  'request.submitted',
  'request.decided',
  'request.approved',
  'request.denied',
  'request.applied',
  'request.unknown',
];
/** The expiry timers alone are left; they are due many hours later. */
const NOTHING_DUE_MS = 3_600_000;

/** Whether a copy shows the final state of its request. */
export function isSettled({ text }: Copy, { state }: Pick<Request, 'state'>): boolean {
  const label = LABELS[state];
  return label !== undefined && text.includes(label);
}

/** Whether no job is due soon. */
export async function isQuiet({ store }: Cluster): Promise<boolean> {
  const next = await store.nextJobAt();
  return next === undefined || next - (await store.now()) > NOTHING_DUE_MS;
}

/** Checks every request, every copy of its card, the target and the audit log. */
export async function judge(cluster: Cluster, tracked: readonly Tracked[]): Promise<Findings> {
  const found: Findings = { lost: [], doubled: [], unsettled: [] };
  const deliveries = Map.groupBy(cluster.world.target.deliveries, ({ webhookId }) =>
    webhookId.replace(/^msg_/, ''),
  );
  const events = await countEvents(cluster);
  for (const one of tracked) {
    const request = await cluster.store.loadRequest(one.id);
    if (!request) {
      found.lost.push(`request ${one.number} is missing`);
      continue;
    }
    judgeRequest(found, one, request);
    judgeTarget(found, { one, request, deliveries: deliveries.get(one.id) ?? [] });
    for (const type of ONCE) {
      const times = events.get(`${one.id} ${type}`) ?? 0;
      if (times > 1) found.doubled.push(`request ${one.number}: ${times} times ${type}`);
    }
    const copies = cluster.board.copies(one.number);
    if (copies.length === 0) found.unsettled.push(`request ${one.number} has no card`);
    for (const copy of copies.filter((each) => !isSettled(each, request))) {
      const { cards = [] } = (await cluster.store.loadWithCards(one.id)) ?? {};
      const rows = cards.map(
        ({ activityId, postedRevision }) => `${activityId} shows ${postedRevision}`,
      );
      found.unsettled.push(
        `request ${one.number} is ${request.state}, at ${request.version}, ` +
          `its card ${copy.messageId} (of ${copies.length}) is not; known: ${rows.join(', ')}; ` +
          copy.text.slice(0, 60).replaceAll('\n', ' '),
      );
    }
  }
  if (!(await isQuiet(cluster))) found.unsettled.push('jobs are left');
  const { dead } = await cluster.store.countJobs();
  if (dead > 0) found.unsettled.push(`${dead} jobs were given up`);
  found.lost.push(...(await auditProblems(cluster)));
  return found;
}

function judgeRequest(found: Findings, { number, answers }: Tracked, request: Request): void {
  const { state, decisions } = request;
  if (!isTerminal(state)) found.unsettled.push(`request ${number} is still ${state}`);
  if (answers.length > 0 && decisions.length === 0) {
    found.lost.push(`request ${number} was decided, but has no decision`);
  }
  // Each request has one stage for one person.
  if (decisions.length > 1) found.doubled.push(`request ${number} was decided twice`);
  const word = decisions[0]?.word;
  if (word !== undefined && (word === 'deny') !== (state === 'denied')) {
    found.lost.push(`request ${number}: ${word}, and it is ${state}`);
  }
  for (const { kind, text } of answers) {
    if (kind !== 'card') continue;
    if (text.includes('Waiting for approval')) {
      found.lost.push(`request ${number}: a click was answered with a card that still waits`);
    }
    if (text.includes('✕  Denied') && state !== 'denied') {
      found.lost.push(
        `request ${number}: a click was answered that it is denied, and it is ${state}`,
      );
    }
  }
}

function judgeTarget(
  found: Findings,
  {
    one,
    request,
    deliveries,
  }: {
    one: Tracked;
    request: Request;
    deliveries: readonly Delivery[];
  },
): void {
  const { number } = one;
  const effects = deliveries.filter(({ repeat }) => !repeat).length;
  if (effects > 1 || (one.target === 'bank' && deliveries.length > 1)) {
    found.doubled.push(`request ${number} was executed ${deliveries.length} times`);
  }
  if (effects === 0 && request.state === 'applied') {
    found.lost.push(`request ${number} is applied, and its target received nothing`);
  }
  if (deliveries.length > 0 && request.state === 'denied') {
    found.doubled.push(`request ${number} was denied, and executed`);
  }
}

async function countEvents({ store }: Cluster): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const size = await store.treeSize();
  for (let from = 0; from < size; from += 1_000) {
    for (const { event } of await store.readLeaves({ from, limit: 1_000 })) {
      if (event === undefined) continue;
      const key = `${event.requestId} ${event.type}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

async function auditProblems({ store, world }: Cluster): Promise<string[]> {
  const jwks = await fetch(`${world.url}/.well-known/jwks.json`);
  const verifyCheckpoint = await verifierOfJwks(await jwks.text());
  const report = await verifyAudit(store, { verifyCheckpoint });
  const problems = report.problems.map(({ message }) => `the audit log: ${message}`);
  return report.ok || problems.length > 0 ? problems : ['the audit log is invalid'];
}
