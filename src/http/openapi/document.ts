import { createDocument } from 'zod-openapi';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import type { Route } from '../route.ts';
import type { Auth, Responses } from './answers.ts';
import { problemResponses } from './problems.ts';

const TAGS: Readonly<Record<Route['tag'], string>> = {
  Requests: 'Make, read, decide and cancel requests',
  Workflows: 'What can be requested',
  People: 'What is stored of people',
  Jobs: 'Work that follows a commit: what was given up, and trying it again',
  Audit: 'The sealed audit log, for outside verifiers',
  Teams: 'Activities of Microsoft Teams',
  'Sign-in': 'The pages of the sign-in button',
  Service: 'The service itself',
};

const SECURITY: Readonly<Record<Auth, Record<string, string[]>[]>> = {
  none: [],
  bearer: [{ bearer: [] }],
  'bearer-or-wait-token': [{ bearer: [] }, { waitToken: [] }],
  'bot-framework': [{ botFramework: [] }],
};

const SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An access token of a configured identity provider; one that is bound to a key is sent as ' +
      'DPoP with a proof (RFC 9449)',
  },
  waitToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'The waitToken of a request, good for that request until an hour after its end',
  },
  botFramework: {
    type: 'http',
    scheme: 'bearer',
    description: 'A token of Bot Framework for this bot',
  },
} as const;

/** The OpenAPI 3.1 document, made from what each route declares. */
export function openApiDocument(
  routes: readonly Route[],
  options: { publicUrl: string; bearerCodes: readonly string[] },
): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const method = route.method === 'GET' ? 'get' : 'post';
    (paths[path] ??= {})[method] = describe(route, options.bearerCodes);
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Countersign',
        version: '1',
        description:
          'Human approval for sensitive actions. Errors are problem documents (RFC 9457) with a ' +
          'stable `code`. HEAD is answered wherever GET is, without the body.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: options.publicUrl }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      paths,
      components: { securitySchemes: SCHEMES },
    },
    {
      override({ jsonSchema, io }) {
        // Members may be added to answers at any time, so the document must not close them.
        if (io === 'output' && jsonSchema.additionalProperties === false) {
          delete jsonSchema.additionalProperties;
        }
        // zod states the range of safe integers, which says nothing of ours.
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      },
    },
  );
}

function describe(route: Route, bearerCodes: readonly string[]): ZodOpenApiOperationObject {
  const { operationId, summary, description, params, query, header, body } = route;
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [route.tag],
    security: SECURITY[route.auth],
    requestParams: {
      ...(params === undefined ? {} : { path: params }),
      ...(query === undefined ? {} : { query }),
      ...(header === undefined ? {} : { header }),
    },
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.optional !== true,
            content: { 'application/json': { schema: body.schema } },
          },
        }),
    responses: both(route.responses, problemResponses(route, bearerCodes)),
  };
}

/** An answer may share its status with problem documents: the status then has both media types. */
function both(answers: Responses, problems: Responses): Responses {
  const shared = Object.entries(answers).map(([status, answer]) => {
    const problem = problems[status];
    if (problem === undefined) return [status, answer];
    const description = `${answer.description}, or: ${problem.description}`;
    return [status, { ...answer, description, content: { ...answer.content, ...problem.content } }];
  });
  return { ...problems, ...Object.fromEntries(shared) };
}
