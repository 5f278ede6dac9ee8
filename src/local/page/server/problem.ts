import type { ServerResponse } from 'node:http';

/** A refusal of the page's own API: an HTTP status, a stable code, a sentence. */
export class PageProblem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Answers with `{ code, message }`. Anything that is not a PageProblem came from the world behind
 * the page and answers 502, so that the page can show it as a sentence.
 * @param response ended afterwards; destroyed when its headers are already out
 * @param error what was thrown
 */
export function sendProblem(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = error instanceof PageProblem ? error : worldProblem(error);
  if (problem.status === 413) response.setHeader('connection', 'close');
  sendJson(response, problem.status, { code: problem.code, message: problem.message });
}

/**
 * Answers with JSON.
 * @param response ended afterwards
 * @param status the HTTP status
 * @param value what is serialised; undefined becomes null
 */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value ?? null);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function worldProblem(error: unknown): PageProblem {
  const message = error instanceof Error && error.message ? error.message : String(error);
  return new PageProblem(502, 'world-failed', message);
}
