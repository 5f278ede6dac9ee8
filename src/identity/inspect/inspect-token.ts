import type { TeamsConfig } from '../../config/config.ts';
import type { Principal } from '../../domain/people/principal.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import { parseCompact } from '../tokens/compact.ts';
import { boundTo, refuseBound } from '../tokens/dpop.ts';
import { isOverage } from '../tokens/group-overage.ts';
import { CHECKS, shown } from './inspect-checks.ts';
import type { CheckContext, CheckName, CheckStep } from './inspect-checks.ts';
import { checkSingleSignOn } from '../tokens/single-sign-on.ts';
import { own, parseStrictObject } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { providerFor } from '../tokens/verify-token.ts';
import type { Purpose, VerifiedToken, Verifier } from '../tokens/verify-token.ts';

/** One check of a token. `skipped`: an earlier check failed that this one needs. */
export interface InspectedCheck {
  readonly check: CheckName;
  readonly result: 'pass' | 'fail' | 'skipped';
  /** The compared values, in words. Contains claims, never the signature. */
  readonly found: string;
  /** After a failure. */
  readonly code?: string;
  /** What to change; after a pass, for a claim that is there in another shape. */
  readonly change?: string;
}

/** The report on a token. */
export interface Inspection {
  /** Null if the header or the claims cannot be read. */
  readonly header: JsonObject | null;
  readonly claims: JsonObject | null;
  /** Id of the issuer configured for its `iss`; null if none. */
  readonly issuer: string | null;
  readonly checks: readonly InspectedCheck[];
  /** The service's own decision; the checks above explain it. */
  readonly verdict:
    | { readonly accepted: true; readonly principal: Principal }
    | { readonly accepted: false; readonly code: string; readonly message: string };
}

const MAX_DEPTH = 12;

/** What the token is checked for: the purpose, and for single sign-on Teams' rules. */
export interface InspectionOptions {
  readonly purpose: Purpose;
  readonly verifier: Verifier;
  /** `teams.singleSignOn`. The sender is taken from the token, as there is no click. */
  readonly singleSignOn?: TeamsConfig['singleSignOn'] | undefined;
}

/**
 * Checks a token as the service does, but continues after a failure with every check that does not
 * depend on it. The verdict comes from the verifier itself.
 */
export async function inspectToken(text: string, options: InspectionOptions): Promise<Inspection> {
  const { purpose, verifier, singleSignOn } = options;
  const { providers, clock } = verifier;
  const { header, claims } = readParts(text);
  const { value: token, error: malformed } = await attempt(() => parseCompact(text));
  const form = token ? 'a signed token' : 'not a signed token in canonical form';
  const checks = [checked('form', form, malformed)];
  const named = claims && (await attempt(() => providerFor(claims, { purpose, providers })));
  const provider = named?.value;
  checks.push(
    named ? checked('issuer', `iss ${shown(claims, 'iss')}`, named.error) : skipped('issuer'),
  );
  const context = { purpose, now: clock.now(), claims: claims ?? undefined, token, provider };
  for (const step of CHECKS) checks.push(await run(step, context));
  const bound =
    claims === null || own(claims, 'cnf') === undefined
      ? undefined
      : await attempt(() => checkBinding(claims, purpose));
  if (bound) checks.push(checked('binding', bound.value ?? 'an unsupported binding', bound.error));
  const proven = await attempt(async () => {
    const verified = await verifier.verify(text, purpose);
    if (bound?.error !== undefined) throw bound.error;
    return singleSignOn === undefined ? verified.principal : byTeams(verified, singleSignOn);
  });
  /** A check that only the verdict makes: its refusals have codes of their own. */
  const addLast = (check: CheckName, prefix: string, found: string) => {
    const failed = proven.error?.code.startsWith(prefix) ? proven.error : undefined;
    const reached = proven.error === undefined || failed !== undefined;
    checks.push(reached ? checked(check, found, failed) : skipped(check));
  };
  if (provider?.config.agents === 'graph') {
    addLast('agents', 'agents_', 'whether the account is an agent, looked up at Microsoft Graph');
  }
  if (provider?.config.kind === 'entra' && claims !== null && isOverage(claims)) {
    addLast('groups', 'groups_', 'left out of the token, looked up at Microsoft Graph');
  }
  if (singleSignOn !== undefined) {
    const found = `scope ${singleSignOn.scope}, requested by Teams, version and audience`;
    addLast('single-sign-on', 'sso_', found);
  }
  return {
    header,
    claims,
    issuer: provider?.config.id ?? null,
    checks,
    verdict:
      proven.error === undefined
        ? { accepted: true, principal: proven.value }
        : { accepted: false, code: proven.error.code, message: proven.error.message },
  };
}

/** The token's binding to a holder. At a click no proof can be sent. */
function checkBinding(claims: JsonObject, { kind }: Purpose): string {
  if (kind === 'single-sign-on') refuseBound(claims);
  return `bound to the key ${boundTo(claims)}: accepted with a DPoP proof, never as Bearer`;
}

function byTeams(verified: VerifiedToken, rules: TeamsConfig['singleSignOn']): Principal {
  const {
    principal: { tenant, objectId, name },
  } = verified;
  const sender = { tenantId: tenant ?? '', objectId: objectId ?? '', userId: '', name };
  return checkSingleSignOn(verified, { rules, sender });
}

/** Runs one check if its inputs are known. */
async function run(
  { check, needs, ...step }: CheckStep,
  context: { [Name in keyof CheckContext]: CheckContext[Name] | undefined },
): Promise<InspectedCheck> {
  const ready = (['claims', ...needs] as const).every((name) => context[name] !== undefined);
  if (!ready) return skipped(check);
  const known = context as CheckContext;
  const { error } = await attempt(() => step.run(known));
  const { change, ...report } = checked(check, step.found(known), error);
  const changes = [change, step.hint?.(known)].filter((one) => one !== undefined);
  return changes.length === 0 ? report : { ...report, change: changes.join('. ') };
}

function checked(check: CheckName, found: string, error?: IdentityError): InspectedCheck {
  if (error === undefined) return { check, result: 'pass', found };
  return { check, result: 'fail', found, code: error.code, change: error.message };
}

function skipped(check: CheckName): InspectedCheck {
  return { check, result: 'skipped', found: 'not checked: an earlier check failed' };
}

/** The value, or the refusal; other errors are thrown. */
async function attempt<Value>(
  take: () => Value | Promise<Value>,
): Promise<{ value: Value; error?: undefined } | { value?: undefined; error: IdentityError }> {
  try {
    return { value: await take() };
  } catch (error) {
    if (error instanceof IdentityError) return { error };
    throw error;
  }
}

/** Header and claims for the report, even if the strict parser refuses the token. */
function readParts(text: string): Pick<Inspection, 'header' | 'claims'> {
  const [first, second] = text.trim().split('.', 3);
  const object = (part: string | undefined) =>
    parseStrictObject(Buffer.from(part ?? '', 'base64url'), MAX_DEPTH) ?? null;
  return { header: object(first), claims: object(second) };
}
