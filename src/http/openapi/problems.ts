import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { HTTP_PROBLEMS, REFUSAL_STATUS } from '../codes.ts';
import type { HttpCode } from '../codes.ts';
import { TOKEN_CHECK_UNAVAILABLE } from '../problem.ts';
import type { Route } from '../route.ts';
import type { ProblemCode, Responses } from './answers.ts';
import { problemSchema } from './schemas.ts';

/** Every route may answer these: invalid HTTP, and errors of the service. */
const EVERY_ROUTE: readonly HttpCode[] = [
  'request_malformed',
  'target_invalid',
  'header_invalid',
  'body_timeout',
  'headers_too_large',
  'address_limited',
  'internal_error',
  'overloaded',
];
const WITHOUT_BODY: readonly HttpCode[] = ['body_unexpected'];
const WITH_BODY: readonly HttpCode[] = [
  'body_incomplete',
  'body_not_utf8',
  'json_invalid',
  'json_too_deep',
  'json_duplicate_key',
  'body_too_large',
  'content_encoding_refused',
  'media_type_refused',
];
const WITH_BEARER: readonly HttpCode[] = [
  'token_missing',
  'store_busy',
  'store_unavailable',
  'store_full',
  'store_readonly',
  'store_closed',
];

const HEADERS: Readonly<Record<number, z.ZodObject>> = {
  401: z.object({ 'WWW-Authenticate': z.string().describe('RFC 6750, RFC 9449') }),
  429: z.object({ 'Retry-After': z.string().describe('Seconds') }),
  503: z.object({ 'Retry-After': z.string().optional().describe('Seconds') }),
};

/** The problem documents that a route may answer, by status, each with its codes. */
export function problemResponses(
  { auth, body, problems = [] }: Route,
  bearerCodes: readonly string[],
): Responses {
  const bearer = auth === 'bearer' || auth === 'bearer-or-wait-token';
  const codes: readonly string[] = [
    ...EVERY_ROUTE,
    ...(body === undefined ? WITHOUT_BODY : WITH_BODY),
    ...(bearer ? [...WITH_BEARER, ...bearerCodes] : []),
    ...problems,
  ];
  const byStatus = new Map<number, Set<string>>();
  for (const code of codes) {
    const status = statusOf(code);
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  return Object.fromEntries(
    [...byStatus].map(([status, set]) => [
      String(status),
      problemResponse(status, [...set].sort()),
    ]),
  );
}

function problemResponse(status: number, codes: readonly string[]): ZodOpenApiResponseObject {
  const headers = HEADERS[status];
  const narrowed = z.object({ code: z.enum(codes) });
  return {
    description: `A problem document with the code ${codes.map((code) => `\`${code}\``).join(', ')}`,
    ...(headers === undefined ? {} : { headers }),
    content: { 'application/problem+json': { schema: z.intersection(problemSchema, narrowed) } },
  };
}

function statusOf(code: string): number {
  if (isHttp(code)) return HTTP_PROBLEMS[code][0];
  if (isRefusal(code)) return REFUSAL_STATUS[code];
  return TOKEN_CHECK_UNAVAILABLE.has(code) ? 503 : 401;
}

function isHttp(code: string): code is HttpCode {
  return Object.hasOwn(HTTP_PROBLEMS, code);
}

function isRefusal(code: string): code is Exclude<ProblemCode, HttpCode> {
  return Object.hasOwn(REFUSAL_STATUS, code);
}
