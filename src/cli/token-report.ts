import type { CheckName } from '../identity/inspect/inspect-checks.ts';
import type { InspectedCheck, Inspection } from '../identity/inspect/inspect-token.ts';
import { oneOf } from '../config/suggest.ts';
import { toTimestamp } from '../lib/clock.ts';
import type { JsonObject } from '../lib/strict-json.ts';
import type { ConfigLine, RoleSource } from './explain-check.ts';
import { plain } from './report.ts';

/** An inspection, with the lines of countersign.yaml that decided. */
export interface Explained {
  readonly inspection: Inspection;
  /** Every configured `iss`. */
  readonly configured: readonly string[];
  readonly lines: ReadonlyMap<CheckName, ConfigLine | undefined>;
  readonly roles: readonly RoleSource[];
}

const TIMES = ['iat', 'nbf', 'exp', 'auth_time'] as const;
const MARKS = { pass: 'pass', fail: 'FAIL', skipped: '-   ' } as const;
/** A token inside a claim, such as an access token that a provider put there. */
const TOKEN = /\be[yw][\w-]{9,}\.[\w-]+\.[\w-]*/g;

/** Header and claims of a token for a terminal, with readable times. */
export function tokenLines({ header, claims }: { header: JsonObject; claims: JsonObject }): string {
  const lines = ['Header', ...entries(header), 'Claims', ...entries(claims)];
  for (const name of TIMES) {
    const seconds = claims[name];
    if (typeof seconds !== 'number' || Math.abs(seconds) > 8e12) continue;
    lines.push(`  ${name} is ${toTimestamp(seconds * 1_000)}`);
  }
  lines.push('The signature is not shown.');
  return `${lines.join('\n')}\n`;
}

/** Every check, the verdict and the roles; with `lines` also the deciding lines of the file. */
export function inspectionLines(explained: Explained, lines: boolean): string {
  const {
    inspection: { issuer, checks, verdict },
    configured,
    roles,
  } = explained;
  const output = [
    issuer === null
      ? `Issuer: none matches; configured: ${configured.join(', ')}`
      : `Issuer: ${issuer}`,
    'Checks',
    ...checks.flatMap((one) => checkLines(one, explained, lines)),
  ];
  if (verdict.accepted) {
    const { key, kind, roles: given } = verdict.principal;
    output.push(
      `Accepted: ${kind} ${plain(key)}, roles ${given.map((role) => plain(role)).join(', ') || 'none'}.`,
    );
    if (lines) {
      output.push(
        ...roles.map(
          ({ role, because, ...line }) =>
            `  role ${plain(role)}: ${plain(because)} (${placeOf(line)})`,
        ),
      );
    }
  } else output.push(`Refused: ${plain(verdict.message)} [${plain(verdict.code)}]`);
  return `${output.join('\n')}\n`;
}

function checkLines(
  { check, result, found, code, change }: InspectedCheck,
  { inspection: { claims }, configured, lines }: Explained,
  withLines: boolean,
): string[] {
  const output = [`  ${MARKS[result]} ${check.padEnd(14)} ${plain(withoutTokens(found))}`];
  const indent = ' '.repeat(22);
  const suffix = code === undefined ? '' : ` [${plain(code)}]`;
  if (change !== undefined) output.push(`${indent}${plain(withoutTokens(change))}${suffix}`);
  if (code === 'token_issuer_unknown') {
    output.push(`${indent}Expected ${plain(oneOf(configured, claims?.['iss']))}`);
  }
  const line = withLines ? lines.get(check) : undefined;
  if (line !== undefined) output.push(`${indent}decided by ${placeOf(line)}`);
  return output;
}

function placeOf({ file, line, path, isDefault }: ConfigLine): string {
  return `${file}:${line} ${path}${isDefault ? ' (its default)' : ''}`;
}

function entries(object: JsonObject): string[] {
  return Object.entries(object).map(
    ([name, value]) => `  ${plain(name)}: ${plain(JSON.stringify(withoutTokens(value)))}`,
  );
}

/** Replaces tokens inside a value, so that the output is safe to share. */
export function withoutTokens(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(TOKEN, '(a token, not shown)');
  if (Array.isArray(value)) return value.map(withoutTokens);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, withoutTokens(inner)]),
  );
}
