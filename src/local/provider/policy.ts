/** When the local provider asks a person to sign in, or to sign in again. */
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { Person } from '../world.ts';

/** Plain sign-in, a second factor, and Entra ID's authentication contexts c1 to c3. */
export const acrValues = ['pwd', 'mfa', 'c1', 'c2', 'c3'] as const;

/** The person that a `login_hint` names: by id, user name or object id. */
export function hintedPerson(
  people: readonly Person[],
  hint: string | undefined,
): Person | undefined {
  const wanted = hint?.toLowerCase();
  return people.find(
    ({ id, oid }) => wanted === id || wanted === oid || wanted === `${id}@contoso.example`,
  );
}

/** The first requested class that this provider knows, else plain sign-in. */
export function grantedAcr(requested: string | undefined): string {
  const known: readonly string[] = acrValues;
  return requested?.split(' ').find((value) => known.includes(value)) ?? acrValues[0];
}

/**
 * The stock policy with two more reasons to ask: the session belongs to another person than
 * `login_hint` names, or has none of the requested `acr_values`.
 */
export function signInPolicy(people: readonly Person[]): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const checks = policy.get('login')?.checks;
  if (checks === undefined) throw new Error('the stock policy has no login prompt');
  const settled = (ctx: KoaContextWithOIDC) =>
    ctx.oidc.session?.accountId === undefined || ctx.oidc.result?.login !== undefined;
  checks.add(
    new interactionPolicy.Check('other_person', 'another person is signed in', (ctx) => {
      const hint = text(ctx.oidc.params?.login_hint);
      if (settled(ctx) || hint === undefined) return false;
      return hintedPerson(people, hint)?.id !== ctx.oidc.session?.accountId;
    }),
  );
  checks.add(
    new interactionPolicy.Check('weaker_sign_in', 'a stronger sign-in is asked', (ctx) => {
      const wanted = text(ctx.oidc.params?.acr_values);
      if (settled(ctx) || wanted === undefined) return false;
      return !wanted.split(' ').includes(ctx.oidc.session?.acr ?? '');
    }),
  );
  return policy;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
