/** The types of the local OpenID provider. */
import type { Pipeline } from '../people.ts';
import type { ForgeOptions } from '../signing.ts';
import type { Json, Person } from '../world.ts';

/** Options of `startProvider`. */
export interface ProviderOptions {
  /** Port on 127.0.0.1; 0 or absent: any free one. */
  readonly port?: number;
  /** Shared, and read for every token: a changed role is in the next token. */
  readonly people: readonly Person[];
  /** Workload clients (client credentials); default: the demo pipeline. */
  readonly pipelines?: readonly Pipeline[];
  /** Base address of the service without a trailing slash; sign-in returns to `/auth/callback`. */
  serviceUrl(): string;
  /** `aud` of single sign-on tokens; default: the demo bot's application id. */
  readonly botAppId?: string;
  /** Clock of access tokens; id_tokens and cookies use the system's. */
  readonly now?: () => number;
  /** Keeps the signing keys between starts (mode 0600); absent: fresh keys each start. */
  readonly keysFile?: string;
  /**
   * `shared` (default): one `sub` of a person for all clients, as at most providers;
   * `per-application`: another one for each audience, as at Entra ID.
   */
  readonly subjects?: 'shared' | 'per-application';
  /** Secret of the sign-in client `countersign`; absent: a fresh one each start. */
  readonly clientSecret?: string;
}

/** A request for a person's token. */
export interface PersonTokenOptions {
  readonly personId: string;
  /** `bot`: single sign-on (aud = the bot's id); `api`: the person's CLI (aud = apiAudience). */
  readonly audience: 'bot' | 'api';
  /** Claims to replace (undefined removes one); signed with the provider's real key. */
  readonly overrides?: Json;
}

/** The running local provider. */
export interface LocalProvider {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly tokenEndpoint: string;
  /** `aud` of tokens for `/v1`. */
  readonly apiAudience: string;
  /** What the service needs to sign people in (authorization code with PKCE). */
  readonly signInClient: { readonly clientId: string; readonly clientSecret: string };
  /** A person's token, from the token endpoint, as Teams or the CLI gets it. */
  personToken(options: PersonTokenOptions): Promise<string>;
  /** The single sign-on token of Teams; rejects when `resource` is not this bot's. */
  singleSignOnToken(personId: string, resource?: string): Promise<string>;
  /** A workload's token (client credentials) for `/v1`; default: the first pipeline. */
  workloadToken(clientId?: string): Promise<string>;
  /** Mints any token, valid or not. */
  forge(options: ForgeOptions): Promise<string>;
  /** Changes the roles in the next tokens of a person. */
  setRoles(personId: string, roles: readonly string[]): void;
  /** Changes the department in the next tokens of a person. */
  setDepartment(personId: string, department: string): void;
  /** Signs with a new key; the old one stays published unless `drop` is true. */
  rotateKeys(options?: { readonly drop?: boolean }): Promise<void>;
  stop(): Promise<void>;
}
