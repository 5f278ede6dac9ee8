import { refuse } from '../domain/refusal.ts';
import type { Refusal } from '../domain/refusal.ts';
import { en } from '../text/en.ts';
import { refusalText } from '../text/text.ts';
import { IdentityError } from '../usecases/ports/identity-error.ts';
import { HTTP_PROBLEMS, REFUSAL_STATUS } from './codes.ts';
import type { HttpCode } from './codes.ts';
import type { Reply } from './route.ts';

/** A request that the HTTP server itself rejects. `detail` says what to do. */
export class HttpProblem extends Error {
  readonly code: HttpCode;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of the request was not read to its end. */
  readonly unread: boolean;

  constructor(
    code: HttpCode,
    detail: string,
    options: { headers?: Record<string, string>; unread?: boolean; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'HttpProblem';
    this.code = code;
    this.headers = options.headers ?? {};
    this.unread = options.unread ?? false;
  }
}

/** A problem that is found before the body is read. */
export function unreadProblem(
  code: HttpCode,
  detail: string,
  headers: Record<string, string> = {},
): HttpProblem {
  return new HttpProblem(code, detail, { headers, unread: true });
}

const TYPE = 'urn:countersign:problem:';
const REALM = 'Bearer realm="countersign"';
const RETRY_SECONDS = '1';
const DPOP_REALM = 'DPoP realm="countersign", algs="ES256 ES384 ES512 Ed25519 EdDSA RS256 PS256"';
const DPOP_PROOF = /^dpop_(?:proof_|wrong_key)/;

/** Store errors that callers can act on: whether anything changed, and what to do. */
const STORE_DETAILS = {
  store_busy: 'Nothing was changed; try again.',
  store_full: 'Nothing was changed; try again when the operator has freed space.',
  store_readonly: 'Nothing was changed; try again when the operator has repaired it.',
  store_closed: 'Nothing was changed; try again in a moment.',
  erasure_unfinished:
    'The data is deleted, but the write-ahead log still holds it, because another process reads ' +
    'the database: end that process, and erase the same person again.',
  store_unavailable:
    'The request may or may not have been carried out. A repeat with the same ' +
    'Idempotency-Key is safe.',
} as const satisfies Partial<Record<HttpCode, string>>;

/** A problem document (RFC 9457) as a reply; further members (RFC 9457 §3.2) may be added. */
function problemReply(options: {
  status: number;
  code: string;
  title: string;
  detail: string;
  headers?: Readonly<Record<string, string>>;
  members?: Readonly<Record<string, unknown>>;
}): Reply {
  const { status, code, title, detail } = options;
  return {
    status,
    body: { type: `${TYPE}${code}`, title, status, detail, code, ...options.members },
    headers: { 'content-type': 'application/problem+json', ...options.headers },
    code,
  };
}

/** A refusal of the domain as a problem document. */
export function refusalReply(refusal: Refusal): Reply {
  return problemReply({
    status: REFUSAL_STATUS[refusal.code],
    code: refusal.code,
    title: 'Refused',
    detail: refusalText(en, refusal),
    ...retryAfter(refusal),
    members: refusal.field === undefined ? {} : { field: refusal.field },
  });
}

/** The header Retry-After where the refusal says when (RFC 6585 4). */
function retryAfter({ params: { retryAfterMs } }: Refusal) {
  if (typeof retryAfterMs !== 'number') return {};
  return { headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) } };
}

/** One answer for a missing request and for one that the caller may not read. */
export function requestNotFound(): Reply {
  return refusalReply(refuse('request_not_found').refusal);
}

/** Any error as a reply. An unknown error answers 500 and reveals nothing. */
export function errorReply(error: unknown): Reply {
  if (error instanceof HttpProblem) {
    const challenged = HTTP_PROBLEMS[error.code][0] === 401;
    return httpProblem(error.code, error.message, {
      ...(challenged ? { 'www-authenticate': REALM } : {}),
      ...error.headers,
    });
  }
  if (error instanceof IdentityError) return identityReply(error);
  const store = storeCode(error);
  if (store !== undefined) {
    return httpProblem(store, STORE_DETAILS[store], { 'retry-after': RETRY_SECONDS });
  }
  return httpProblem(
    'internal_error',
    'The request may or may not have been carried out; the ' +
      'cause is in the log. A repeat with the same Idempotency-Key is safe.',
  );
}

/** Whether an error is ours and belongs in the log, not the caller's. */
export function isFault(error: unknown): boolean {
  return !(
    error instanceof HttpProblem ||
    error instanceof IdentityError ||
    storeCode(error) === 'store_busy'
  );
}

function httpProblem(code: HttpCode, detail: string, headers: Record<string, string> = {}): Reply {
  const [status, title] = HTTP_PROBLEMS[code];
  return problemReply({ status, title, code, detail, headers });
}

/** Identity codes for a check that cannot be made now, as opposed to one that failed. */
export const TOKEN_CHECK_UNAVAILABLE: ReadonlySet<string> = new Set([
  'token_keys_unavailable',
  'sign_in_unavailable',
  'groups_unavailable',
  'agents_unavailable',
]);

/** RFC 6750 §3: the challenge names the error for programs, the document for people. */
function identityReply(error: IdentityError): Reply {
  if (TOKEN_CHECK_UNAVAILABLE.has(error.code)) {
    return problemReply({
      status: 503,
      code: error.code,
      title: 'The token cannot be checked now',
      detail: error.message,
      headers: { 'retry-after': RETRY_SECONDS },
    });
  }
  // RFC 6750 §3 allows %x20-21 / %x23-5B / %x5D-7E in error_description.
  const description = error.message.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '').slice(0, 200);
  return problemReply({
    status: 401,
    code: error.code,
    title: 'The token is not accepted',
    detail: error.message,
    headers: {
      'www-authenticate': `${challengeOf(error)}, error_description="${description}"`,
      ...(error.nonce === null ? {} : { 'dpop-nonce': error.nonce }),
    },
  });
}

/** RFC 6750 §3; for a token that is bound to a key, RFC 9449 §7.1. */
function challengeOf({ code }: IdentityError): string {
  if (code === 'dpop_nonce_needed') return `${DPOP_REALM}, error="use_dpop_nonce"`;
  if (code === 'token_bound') return `${DPOP_REALM}, error="invalid_token"`;
  return DPOP_PROOF.test(code)
    ? `${DPOP_REALM}, error="invalid_dpop_proof"`
    : `${REALM}, error="invalid_token"`;
}

/** The code of a store error that passes by itself or that an operator can repair. */
function storeCode(error: unknown): keyof typeof STORE_DETAILS | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (Object.keys(STORE_DETAILS) as (keyof typeof STORE_DETAILS)[]).find(
    (name) => name === code,
  );
}
