import type { Workflow } from '../domain/workflow/workflow.ts';
import { textOf } from '../lib/strict-json.ts';
import type { JsonObject } from '../lib/strict-json.ts';

/** What every button of a request's card brings: the request, the revision shown, its digest. */
export interface ShownRequest {
  readonly id: string;
  readonly revision: number;
  readonly digest: string;
}

/** What a button that decides brings besides: the stage, and the word that it replaces. */
export interface ShownStage {
  readonly stage: string;
  readonly after: string | null;
}

/** Reads a button's data; undefined where it is not what the service wrote. */
export function readShown(data: JsonObject): ShownRequest | undefined {
  const id = textOf(data.r, 64);
  const digest = textOf(data.d, 128);
  const { rev } = data;
  if (!id || !digest || typeof rev !== 'number' || !Number.isSafeInteger(rev) || rev < 1) {
    return undefined;
  }
  return { id, revision: rev, digest };
}

/** Reads the stage of a button that decides; undefined where it is not what the service wrote. */
export function readStage(data: JsonObject): ShownStage | undefined {
  const stage = textOf(data.s, 64);
  const after = data.a === undefined || data.a === null ? null : textOf(data.a, 64);
  return stage === undefined || after === undefined ? undefined : { stage, after };
}

/** Members of a form's data that the service put there. */
const OURS = ['workflow', 'v', 'verb', 'msteams'];

/** Splits a form's data into fields and reason. A workflow's own field `reason` stays a field. */
export function readFilled(workflow: Workflow, data: JsonObject) {
  const own = workflow.fields.some(({ id }) => id === 'reason');
  const entries = Object.entries(data).filter(([id]) => !OURS.includes(id));
  return {
    fields: Object.fromEntries(entries.filter(([id]) => own || id !== 'reason')),
    reason: own ? null : readReason(data.reason),
    /** Both together, as a form takes them to start with. */
    values: Object.fromEntries(entries),
  };
}

/** A reason as it is stored: well-formed and trimmed; null where it is empty. */
export function readReason(given: unknown): string | null {
  const text = typeof given === 'string' ? given.toWellFormed().trim() : '';
  return text === '' ? null : text;
}
