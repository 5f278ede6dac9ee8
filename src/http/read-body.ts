import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { scanJson } from '../lib/scan-json.ts';
import type { HttpLimits } from './limits.ts';
import { HttpProblem, unreadProblem } from './problem.ts';
import type { Route } from './route.ts';

const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;
const DRAIN_MS = 500;

/**
 * The checked JSON body of a request. Reads it ourselves, as restify's bodyParser unzips what
 * anybody sends (garbage ends the process, a small bomb fills its memory).
 *
 * @throws HttpProblem for a media type, encoding, size, time, text or JSON that is not taken.
 */
export async function readJson(
  req: IncomingMessage,
  { limit, optional = false }: NonNullable<Route['body']>,
  limits: HttpLimits,
): Promise<unknown> {
  const length = declaredLength(req);
  if (optional && length === 0) return undefined;
  checkMedia(req);
  const limitBytes = limits[limit];
  if (length !== undefined && length > limitBytes) throw tooLarge(limitBytes);
  const bytes = await readBytes(req, { limitBytes, timeoutMs: limits.bodyTimeoutMs });
  if (optional && bytes.length === 0) return undefined;
  return parseJson(bytes, limits.jsonDepth);
}

/** Bytes that a request says it brings; undefined where it comes in chunks. */
export function declaredLength(req: IncomingMessage): number | undefined {
  if (req.headers['transfer-encoding'] !== undefined) return undefined;
  return Number(req.headers['content-length'] ?? 0);
}

/** JSON of UTF-8 bytes, refusing what JSON.parse alone would let pass. */
export function parseJson(bytes: Buffer, maxDepth: number): unknown {
  if (!isUtf8(bytes)) throw new HttpProblem('body_not_utf8', 'Send the JSON as UTF-8.');
  const text = bytes.toString('utf8');
  const fault = scanJson(text, maxDepth);
  if (fault !== undefined) throw new HttpProblem(fault.code, fault.detail);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpProblem('json_invalid', 'Send one JSON value (RFC 8259).', { cause: error });
  }
}

/**
 * Lets the rest of an unread body pass, for a short time and a bounded length, so that the client
 * gets to read the answer before the connection closes.
 */
export function drain(req: IncomingMessage, limitBytes: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    const done = () => {
      clearTimeout(timer);
      req.off('data', onData).off('end', done).off('error', done).off('close', done);
      req.pause();
      resolve();
    };
    const timer = setTimeout(done, DRAIN_MS);
    const onData = (chunk: Buffer) => {
      seen += chunk.length;
      if (seen > limitBytes) done();
    };
    if (req.readableEnded || req.destroyed) return done();
    req.on('data', onData).on('end', done).on('error', done).on('close', done);
  });
}

function checkMedia(req: IncomingMessage): void {
  if (req.headers['content-encoding'] !== undefined) {
    throw unreadProblem('content_encoding_refused', 'Send the body without Content-Encoding.', {
      'accept-encoding': 'identity',
    });
  }
  const type = req.headers['content-type'];
  if (type === undefined || !JSON_TYPE.test(type)) {
    throw unreadProblem('media_type_refused', 'Send Content-Type: application/json.', {
      'accept-post': 'application/json',
    });
  }
}

function readBytes(
  req: IncomingMessage,
  { limitBytes, timeoutMs }: { limitBytes: number; timeoutMs: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      settle();
    };
    const fail = (problem: HttpProblem) =>
      finish(() => {
        req.pause();
        reject(problem);
      });
    const timer = setTimeout(() => {
      fail(unreadProblem('body_timeout', `The body must arrive within ${timeoutMs} ms.`));
    }, timeoutMs);
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) return fail(tooLarge(limitBytes));
      chunks.push(chunk);
    };
    const onEnd = () => finish(() => resolve(Buffer.concat(chunks, size)));
    const onClose = () => fail(new HttpProblem('body_incomplete', 'The connection closed.'));
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

function tooLarge(limitBytes: number): HttpProblem {
  return unreadProblem('body_too_large', `At most ${limitBytes} bytes are taken.`);
}
