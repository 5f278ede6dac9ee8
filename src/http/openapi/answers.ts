import type { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import type { RefusalCode } from '../../domain/refusal.ts';
import type { HttpCode } from '../codes.ts';

export type ProblemCode = HttpCode | RefusalCode;

/** Who may call: anybody, holders of a bearer token, also of the wait token, or Bot Framework. */
export type Auth = 'none' | 'bearer' | 'bearer-or-wait-token' | 'bot-framework';

/** Answers by status. */
export type Responses = Readonly<Record<string, ZodOpenApiResponseObject>>;

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
