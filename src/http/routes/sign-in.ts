import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { PageRequest } from '../../usecases/ports/web-pages.ts';
import { localeOf } from '../locale.ts';
import { textAnswer } from '../openapi/answers.ts';
import { HttpProblem } from '../problem.ts';
import { queryOf } from '../check-input.ts';
import type { Route } from '../route.ts';

const page = (description: string) => textAnswer(description, 'text/html');

const linkSchema = z.object({ link: z.string().optional().describe('From the button in Teams') });

/** The pages of a failed sign-in. */
const refusals = {
  400: page('The sign-in is refused: why, and what to do'),
  500: page('The service failed'),
  503: page('The identity provider cannot be reached'),
};

/** GET /auth/start: the sign-in button's link. */
export const signInStartRoute: Route = {
  method: 'GET',
  path: '/auth/start',
  operationId: 'signInStart',
  summary: 'Open the sign-in of a button',
  tag: 'Sign-in',
  auth: 'none',
  query: linkSchema,
  responses: { 200: page('A page that goes on by itself'), ...refusals },
  handle: ({ req }, { pages }) => pages.signInStart(pageRequest(req)),
};

/**
 * POST /auth/start, without a body: uses the link. GET must not use it (RFC 9110 §9.2.1), because
 * link scanners and prefetchers open every link.
 */
export const signInBeginRoute: Route = {
  method: 'POST',
  path: '/auth/start',
  operationId: 'signInBegin',
  summary: 'Begin the sign-in of a button',
  tag: 'Sign-in',
  auth: 'none',
  query: linkSchema,
  responses: {
    303: {
      description: 'On to the identity provider',
      headers: z.object({ Location: z.string(), 'Set-Cookie': z.string() }),
    },
    ...refusals,
  },
  handle: ({ req }, { pages }) => pages.signInBegin(pageRequest(req)),
};

/** GET /auth/callback: the identity provider's answer. */
export const signInCallbackRoute: Route = {
  method: 'GET',
  path: '/auth/callback',
  operationId: 'signInCallback',
  summary: 'End the sign-in of a button',
  tag: 'Sign-in',
  auth: 'none',
  query: z.object({
    code: z.string().optional().describe('From the identity provider'),
    state: z.string().optional(),
    iss: z.string().optional(),
    error: z.string().optional(),
  }),
  responses: { 200: page('A page with a one-time code, which it hands to Teams'), ...refusals },
  handle: ({ req }, { pages }) =>
    pages.signInCallback({ ...pageRequest(req), cookie: req.headers.cookie }),
};

/** GET /assets/:name: scripts and styles of our own pages. */
export const assetRoute: Route = {
  method: 'GET',
  path: '/assets/:name',
  operationId: 'asset',
  summary: 'Scripts and styles of the pages',
  tag: 'Sign-in',
  auth: 'none',
  params: z.object({ name: z.string() }),
  responses: { 200: textAnswer('The file', 'text/javascript', 'text/css') },
  problems: ['route_not_found'],
  async handle({ params }, { pages }) {
    const asset = pages.asset(params.name ?? '');
    if (asset === undefined) throw new HttpProblem('route_not_found', 'There is no such file.');
    return asset;
  },
};

function pageRequest(req: IncomingMessage): PageRequest {
  return { query: queryOf(req.url), locale: localeOf(req) };
}
