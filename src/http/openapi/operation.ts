import type { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import type { RefusalCode } from '../../domain/refusal.ts';
import type { HttpCode } from '../codes.ts';

export type ProblemCode = HttpCode | RefusalCode;

/** Who may call: anybody, holders of a bearer token, also of the wait token, or Bot Framework. */
export type Auth = 'none' | 'bearer' | 'bearer-or-wait-token' | 'bot-framework';

/** Answers by status. */
export type Responses = Readonly<Record<string, ZodOpenApiResponseObject>>;

/** What a route is, for the OpenAPI document: the schemas are those that the route checks with. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'Requests' | 'Workflows' | 'People' | 'Teams' | 'Sign-in' | 'Service';
  readonly auth: Auth;
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly header?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Answers other than problem documents, by status. */
  readonly responses: Responses;
  /** Codes that only this route answers; `problems.ts` adds those that follow from its kind. */
  readonly problems?: readonly ProblemCode[];
}

/** A JSON answer. */
export function jsonAnswer(
  description: string,
  schema: z.ZodType,
  more: { contentType?: string; headers?: z.ZodObject } = {},
): ZodOpenApiResponseObject {
  const { contentType = 'application/json', headers } = more;
  return {
    description,
    content: { [contentType]: { schema } },
    ...(headers === undefined ? {} : { headers }),
  };
}

/** An answer of text or bytes, in one of several media types. */
export function textAnswer(
  description: string,
  ...contentTypes: readonly string[]
): ZodOpenApiResponseObject {
  const schema = { type: 'string' } as const;
  return {
    description,
    content: Object.fromEntries(contentTypes.map((type) => [type, { schema }])),
  };
}
