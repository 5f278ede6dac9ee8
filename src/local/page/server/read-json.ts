import type { IncomingMessage } from 'node:http';
import { PageProblem } from './problem.ts';

/** Maximum size of a body: a long chat message or the inputs of a card. */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * Reads a JSON object from a request, and counts the bytes while they arrive.
 *
 * @throws PageProblem 413 `body-too-large`, 415 `unsupported-media-type`, 400 `bad-json`.
 */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' || request.headers['content-encoding'] !== undefined) {
    throw new PageProblem(415, 'unsupported-media-type', 'Send plain application/json.');
  }
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return parseObject(Buffer.concat(chunks).toString('utf8'));
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw Object.assign(new PageProblem(400, 'bad-json', 'The body is not JSON.'), { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PageProblem(400, 'bad-json', 'The body is not a JSON object.');
  }
  return value as Record<string, unknown>;
}

function tooLarge(): PageProblem {
  return new PageProblem(413, 'body-too-large', `A body holds at most ${MAX_BODY_BYTES} bytes.`);
}
