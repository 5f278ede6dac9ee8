/** Pieces that the routes' OpenAPI entries are put together from. */

type Json = Readonly<Record<string, unknown>>;

export const schemaRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** A JSON answer. */
export const answer = (description: string, schema: Json, headers?: Json): Json => ({
  description,
  ...(headers === undefined ? {} : { headers }),
  content: { 'application/json': { schema } },
});

/** Any problem document; the codes are told per status in docs/reference/errors.md. */
export const problem = (description: string): Json => ({
  description,
  content: { 'application/problem+json': { schema: schemaRef('Problem') } },
});

export const bearer: readonly Json[] = [{ bearer: [] }];

export const idParameter: Json = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'string', maxLength: 64 },
};

/** The answers that every route for bearers may give. */
export const bearerProblems: Readonly<Record<string, Json>> = {
  401: problem('No token, or one that is not accepted'),
  503: problem('Too much at once, or the store is busy; Retry-After says when to come back'),
};

/** The answers that every route with a JSON body may give. */
export const bodyProblems: Readonly<Record<string, Json>> = {
  400: problem('The body is not UTF-8 JSON, nested too deep, or names a key twice'),
  408: problem('The body took too long'),
  413: problem('The body is too large'),
  415: problem('Compressed, or not application/json'),
  422: problem('The body does not say what is needed, or a value is refused'),
};

/** A JSON body. */
export const jsonBody = (schema: Json, required = true): Json => ({
  required,
  content: { 'application/json': { schema } },
});
