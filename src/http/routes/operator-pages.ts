import { z } from 'zod';
import type { OperatorPageName } from '../../config/operator-pages.ts';
import { localeOf } from '../locale.ts';
import { textAnswer } from '../openapi/answers.ts';
import type { Route } from '../route.ts';

/** GET /, /privacy and /terms: where the links of the Teams app lead. */
export const operatorPageRoutes: readonly Route[] = [
  route('/', 'home', 'What this service is'),
  route('/privacy', 'privacy', 'The privacy statement'),
  route('/terms', 'terms', 'The terms of use'),
];

function route(path: string, name: OperatorPageName, summary: string): Route {
  return {
    method: 'GET',
    path,
    operationId: `${name}Page`,
    summary,
    description: "The operator's text or address (`server.pages`), or a text of this program.",
    tag: 'Service',
    auth: 'none',
    responses: {
      200: textAnswer('The page', 'text/html'),
      302: {
        description: "On to the operator's own page",
        headers: z.object({ Location: z.string() }),
      },
    },
    handle: ({ req }, { pages }) =>
      Promise.resolve(pages.operator({ name, locale: localeOf(req) })),
  };
}
