import type { WebReply } from '../../usecases/ports/ports.ts';
import { problem } from '../openapi/parts.ts';
import { HttpProblem } from '../problem.ts';
import { queryOf } from '../query.ts';
import type { Reply, Route, RouteDeps } from '../route.ts';

const page = { description: 'A page', content: { 'text/html': {} } };

/** GET /auth/start: the sign-in button's link. */
export function signInStartRoute({ pages }: RouteDeps): Route {
  return {
    method: 'GET',
    path: '/auth/start',
    operation: {
      operationId: 'signInStart',
      summary: 'Open the sign-in of a button',
      tags: ['Sign-in'],
      responses: { 200: page },
    },
    handle: async ({ req }) => toReply(await pages.signInStart({ query: queryOf(req.url) })),
  };
}

/**
 * POST /auth/start, without a body: uses the link up. A GET must not (RFC 9110 9.2.1), as what
 * looks through messages and what fetches ahead opens every link.
 */
export function signInBeginRoute({ pages }: RouteDeps): Route {
  return {
    method: 'POST',
    path: '/auth/start',
    operation: {
      operationId: 'signInBegin',
      summary: 'Begin the sign-in of a button',
      tags: ['Sign-in'],
      responses: { 303: { description: 'On to the identity provider' }, 400: page },
    },
    handle: async ({ req }) => toReply(await pages.signInBegin({ query: queryOf(req.url) })),
  };
}

/** GET /auth/callback: the identity provider's answer. */
export function signInCallbackRoute({ pages }: RouteDeps): Route {
  return {
    method: 'GET',
    path: '/auth/callback',
    operation: {
      operationId: 'signInCallback',
      summary: 'End the sign-in of a button',
      tags: ['Sign-in'],
      responses: { 200: page, 400: page },
    },
    async handle({ req }) {
      const input = { query: queryOf(req.url), cookie: req.headers.cookie };
      return toReply(await pages.signInCallback(input));
    },
  };
}

/** GET /assets/:name: scripts and styles of our own pages. */
export function assetRoute({ pages }: RouteDeps): Route {
  return {
    method: 'GET',
    path: '/assets/:name',
    operation: {
      operationId: 'asset',
      summary: 'Scripts and styles of the pages',
      tags: ['Sign-in'],
      parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
      responses: { 200: { description: 'The file' }, 404: problem('There is none') },
    },
    handle({ params }) {
      const asset = pages.asset(params.name ?? '');
      if (asset === undefined) throw new HttpProblem('route_not_found', 'There is no such file.');
      return Promise.resolve(toReply(asset));
    },
  };
}

function toReply({ status, headers, body }: WebReply): Reply {
  const { 'content-type': contentType = 'text/html; charset=utf-8', ...rest } = headers;
  return { status, body, contentType, headers: rest };
}
