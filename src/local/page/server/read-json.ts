import type { IncomingMessage } from 'node:http';
import { isJsonObject } from '../../../lib/strict-json.ts';
import { readText } from '../../loopback.ts';
import type { Json } from '../../world.ts';
import { PageProblem } from './problem.ts';

/** Maximum size of a body: a long chat message or the inputs of a card. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Reads a JSON object from a request, and counts the bytes while they arrive.
 *
 * @throws PageProblem 413 `body-too-large`, 415 `unsupported-media-type`, 400 `bad-json`.
 */
export async function readJson(request: IncomingMessage): Promise<Json> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' || request.headers['content-encoding'] !== undefined) {
    throw new PageProblem(415, 'unsupported-media-type', 'Send plain application/json.');
  }
  const declared = Number(request.headers['content-length'] ?? 0);
  const text = declared > MAX_BODY_BYTES ? undefined : await readText(request, MAX_BODY_BYTES);
  if (text === undefined) {
    throw new PageProblem(413, 'body-too-large', `A body holds at most ${MAX_BODY_BYTES} bytes.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PageProblem(400, 'bad-json', 'The body is not JSON.', { cause });
  }
  if (!isJsonObject(value))
    throw new PageProblem(400, 'bad-json', 'The body is not a JSON object.');
  return value;
}
