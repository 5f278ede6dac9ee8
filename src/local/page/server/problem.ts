import type { ServerResponse } from 'node:http';

/** An error of the page's API: HTTP status, stable code, message. */
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
 * Answers an error with `{ code, message }`. Any error that is not a PageProblem comes from the
 * connector and answers 502, so that the page can show it. Destroys a response whose headers are
 * sent already.
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

/** Answers with JSON; undefined becomes null. */
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
