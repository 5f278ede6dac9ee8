/** The local OpenID provider: panva's oidc-provider with the demo people, on loopback. */
import type { LocalProvider, ProviderOptions } from './provider/types.ts';

export type { LocalProvider, ProviderOptions } from './provider/types.ts';

/** Starts the provider on 127.0.0.1; see `LocalProvider` for what it gives. */
export async function startProvider(options: ProviderOptions): Promise<LocalProvider> {
  throw new Error(`being written ${options.port}`);
}
