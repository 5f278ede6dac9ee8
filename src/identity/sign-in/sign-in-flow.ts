import type { Config } from '../../config/config.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Fetch } from '../../net/bounded-fetch.ts';
import { createSignInClient } from './sign-in-client.ts';
import type { SignInClient } from './sign-in-client.ts';
import type { Verifier } from '../tokens/verify-token.ts';

/** The sign-in button's configuration, with our client at its provider. */
export interface SignInFlow {
  readonly signIn: NonNullable<Config['teams']['signIn']>;
  readonly client: SignInClient;
}

/**
 * Creates the flow; undefined if no sign-in is configured.
 *
 * @throws Error at once where teams.signIn names an unknown issuer.
 */
export function createSignInFlow(parts: {
  config: Config;
  clock: Clock;
  verifier: Verifier;
  fetch?: Fetch;
}): SignInFlow | undefined {
  const { config, clock, verifier } = parts;
  const { signIn } = config.teams;
  if (signIn === null) return undefined;
  const provider = verifier.providers.get(signIn.issuer);
  if (provider === undefined) {
    throw new Error(`teams.signIn.issuer: no identity issuer has the id "${signIn.issuer}"`);
  }
  return {
    signIn,
    client: createSignInClient({ config, signIn, provider, clock, fetch: parts.fetch }),
  };
}
