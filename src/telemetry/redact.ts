/** The replacement of a secret in a log line. */
export const CENSOR = '[redacted]';

const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'clientSecret',
  'client_secret',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'idToken',
  'id_token',
  'assertion',
  'client_assertion',
  'connectionString',
  'privateKey',
  'apiKey',
];

/** Paths of secret fields for pino, in the log fields and two levels below. */
export const SECRET_PATHS = ['', '*.', '*.*.'].flatMap((above) =>
  SECRET_FIELDS.map((name) => above + name),
);

/** Connection strings: a value ends at a semicolon and may contain spaces. */
const CONNECTION = 'password|pwd|account[_-]?key|shared[_-]?access[_-]?key';
const PARAMETER =
  '(?:client[_-]?)?secret|(?:access|refresh|id)[_-]?token|(?:client[_-]?)?assertion|' +
  'code[_-]?verifier|api[_-]?key|sig|(?<=[?&])code';
/** A quoted value inside a JSON string, where each quote and backslash is escaped. */
const QUOTED = String.raw`\\"(?:[^"\\]|\\\\(?:\\.|[^\\]))*\\"`;

/** Patterns of secrets in the JSON text of a line, and their replacements. */
const PATTERNS: readonly (readonly [look: RegExp, replacement: string])[] = [
  // Tokens: a JOSE header is JSON, so its base64url begins with `eyJ`.
  [/\beyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g, CENSOR],
  [/\b(Bearer|DPoP|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${CENSOR}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^"\\]|\\[^"])*/g, CENSOR],
  // User and password in a URL.
  [/\/\/[^/\s:@"\\]+:[^/\s@"\\]+@/g, `//${CENSOR}@`],
  [
    new RegExp(
      String.raw`\b(${CONNECTION})\s*=\s*(?:${QUOTED}|'[^'"\\]*'|(?:[^;"\\]|\\[^"])+)`,
      'gi',
    ),
    `$1=${CENSOR}`,
  ],
  [
    new RegExp(
      String.raw`\b(${PARAMETER})\s*=\s*(?:${QUOTED}|'[^'"\\]*'|(?:[^;&\s"\\]|\\[^"nrt])+)`,
      'gi',
    ),
    `$1=${CENSOR}`,
  ],
  // JSON in a text, such as a provider's answer in an error.
  [
    new RegExp(String.raw`(\\"(?:${CONNECTION}|${PARAMETER})\\"\s*:\s*)${QUOTED}`, 'gi'),
    String.raw`$1\"${CENSOR}\"`,
  ],
];

/**
 * Replaces everything in a log line that looks like a secret. Pino redacts by the name of a field,
 * but errors of libraries contain secrets inside texts: a token, a connection string, a query of a
 * URL.
 */
export function redactLine(line: string): string {
  return PATTERNS.reduce((text, [look, replacement]) => text.replace(look, replacement), line);
}
