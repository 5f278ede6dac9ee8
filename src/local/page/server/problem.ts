import type { ServerResponse } from 'node:http';
import { sendJson } from '../../loopback.ts';

/** An error of the page's API: HTTP status, stable code, message. */
export class PageProblem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
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
  if (response.headersSent) return void response.destroy();
  const { status, code, message } = error instanceof PageProblem ? error : worldProblem(error);
  if (status === 413) response.setHeader('connection', 'close');
  sendJson(response, { status, body: { code, message } });
}

function worldProblem(error: unknown): PageProblem {
  const message = error instanceof Error && error.message ? error.message : String(error);
  return new PageProblem(502, 'world-failed', message);
}
