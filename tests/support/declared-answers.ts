import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { DEFAULT_LIMITS } from '../../src/http/limits.ts';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { allRoutes } from '../../src/http/routes.ts';
import type { Route, RouteDeps } from '../../src/http/route.ts';
import { IDENTITY_CODES } from '../../src/identity/codes.ts';

type Json = Record<string, unknown>;

/** The parts of an OpenAPI document that the check reads. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}

interface DocumentedOperation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Json> }>>;
}

const publicUrl = 'https://approve.example';

/** The routes of the service for their declarations; none can handle a request. */
export function declaredRoutes(): readonly Route[] {
  const deps = { config: { server: { publicUrl } }, limits: DEFAULT_LIMITS, identity: {} };
  return allRoutes(deps as unknown as RouteDeps);
}

/** The OpenAPI document of the service, created without a start. */
export function documentOfRoutes(): OpenApi {
  const bearerCodes = IDENTITY_CODES;
  return openApiDocument(declaredRoutes(), { publicUrl, bearerCodes }) as OpenApi;
}

let check: ReturnType<typeof createAnswerCheck> | undefined;

/**
 * Compares an answer with the OpenAPI document: status, media type and body. Undeclared members of
 * a body are faults too. Paths and methods outside the document are not compared.
 *
 * @throws Error that says what is not declared.
 */
export async function checkDeclared(
  method: string,
  target: string,
  response: Response,
): Promise<void> {
  check ??= createAnswerCheck(documentOfRoutes());
  await check(method, target, response);
}

/** Creates a check of answers against a document. */
export function createAnswerCheck(document: OpenApi) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(closed(document) as Json, 'openapi');
  const compiled = new Map<string, ValidateFunction>();
  const paths = Object.keys(document.paths).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  }));
  return async (method: string, target: string, response: Response): Promise<void> => {
    const [name = ''] = target.split('?');
    const path = paths.find(({ pattern }) => pattern.test(name))?.path ?? '';
    const operation = document.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) return;
    const what = `${method} ${path}: ${response.status}`;
    const declared = operation.responses[response.status];
    if (declared === undefined) throw new Error(`${what} is not declared`);
    const text = await response.clone().text();
    if (text === '') return;
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    if (declared.content?.[type] === undefined) {
      throw new Error(`${what} as "${type}" is not declared`);
    }
    if (!type.endsWith('json')) return;
    const pointer = ['paths', path, method.toLowerCase(), 'responses', String(response.status)]
      .concat('content', type, 'schema')
      .map((part) => encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1')))
      .join('/');
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `openapi#/${pointer}` });
    compiled.set(pointer, validate);
    if (validate(JSON.parse(text))) return;
    throw new Error(`${what}: ${ajv.errorsText(validate.errors)}\n${text.slice(0, 1_000)}`);
  };
}

/** The document with every object schema closed. */
function closed(value: unknown, inAllOf = false): unknown {
  if (Array.isArray(value)) return value.map((one) => closed(one, inAllOf));
  if (typeof value !== 'object' || value === null) return value;
  const copy: Json = {};
  for (const [key, inner] of Object.entries(value)) copy[key] = closed(inner, key === 'allOf');
  const open = copy['type'] === 'object' && 'properties' in copy && !inAllOf;
  if (open && !('additionalProperties' in copy)) copy['additionalProperties'] = false;
  return copy;
}
