import { z } from 'zod';
import { callerOf } from '../bearer.ts';
import { checkBody } from '../check-input.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import { refusalReply } from '../problem.ts';
import type { Route } from '../route.ts';

/** Keys of principals have a bar, Teams user ids a colon, object ids are GUIDs. */
const PERSON = /[|:]|^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

const bodySchema = z.strictObject({
  person: z
    .string()
    .min(1)
    .max(320)
    .regex(PERSON, 'a key, an object id (GUID) or a Teams user id')
    .describe("A principal's key, an object id or a Teams user id of the person"),
  reason: z.string().min(1).max(1_000).describe('Why, for the audit log'),
});

const erasedSchema = z.object({
  requests: z.int().describe('How many requests were overwritten'),
  keys: z.int().describe('How many keys were destroyed: one for each identity'),
});

/** POST /v1/people/erase: by an administrator. */
export const erasePersonRoute: Route = {
  method: 'POST',
  path: '/v1/people/erase',
  operationId: 'erasePerson',
  summary: 'Erase a person',
  description:
    'For administrators. Destroys the keys that the audit log is encrypted with for this person ' +
    'and overwrites every plain value of theirs. A repeat does no harm.',
  tag: 'People',
  auth: 'bearer',
  body: { schema: bodySchema, limit: 'apiBytes' },
  responses: { 200: jsonAnswer('Erased', erasedSchema) },
  problems: [
    'body_invalid',
    'not_administrator',
    'own_erasure',
    'person_in_use',
    'erasure_unfinished',
  ],
  async handle({ req, body }, deps) {
    const by = await callerOf(deps, req);
    const { person, reason } = checkBody(bodySchema, body);
    const result = await deps.app.erasePerson({ by, person, reason });
    if (result.kind === 'refused') return refusalReply(result.refusal);
    return { status: 200, body: { requests: result.requests, keys: result.keys } };
  },
};
