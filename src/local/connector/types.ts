/** The types of the local Bot Connector. */
import type { CryptoKey } from 'jose';
import type { Json, Person } from '../world.ts';

/** A channel of a team that the bot may be added to. */
export interface ChannelSpec {
  /** `19:…@thread.tacv2`. */
  readonly id: string;
  readonly name: string;
  readonly team: { readonly id: string; readonly name: string; readonly aadGroupId?: string };
  /** Ids of its members; absent: everybody. */
  readonly members?: readonly string[];
}

/** Options of `startConnector`. */
export interface ConnectorOptions {
  readonly port?: number;
  readonly appId: string;
  readonly appSecret: string;
  readonly tenantId: string;
  readonly people: readonly Person[];
  readonly channels: readonly ChannelSpec[];
  /** Address of the bot's `/api/messages`. */
  botEndpoint(): string;
  /** Gives a person's single sign-on token for the card's `tokenExchangeResource.uri`. */
  singleSignOn(personId: string, resource: string): Promise<string>;
  /** The documented rate limits (default on). */
  readonly limits?: 'on' | 'off';
  /** An invoke without an answer is sent once more after this time (default 10 s). */
  readonly resendAfterMs?: number;
  /** The person sees an error when no answer comes in this time (default 15 s). */
  readonly giveUpAfterMs?: number;
  readonly now?: () => number;
  /** Called with one line for each delivery and each refused call. */
  readonly log?: (line: string) => void;
}

/** The options with their defaults, and the addresses. */
export interface ConnectorSettings extends Required<Omit<ConnectorOptions, 'port' | 'limits'>> {
  readonly base: string;
  readonly botName: string;
  readonly serviceUrl: string;
  /** `iss` of the channel's tokens. */
  readonly issuer: string;
}

/** A REST call of the bot. */
export interface RestCall {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** When it arrived, ms since 1970 by the connector's clock. */
  readonly at: number;
  /** Status of the answer; 0 while in progress or when the connection was dropped. */
  readonly status: number;
}

/** A fault for the next calls of the bot. */
export interface Fault {
  /** Answer instead of handling the call; absent with `drop`. */
  readonly status?: number;
  /** The error code in the answer's body (default `ServiceError`). */
  readonly code?: string;
  readonly retryAfterSeconds?: number;
  /**
   * Closes the connection, before or after handling the call (a lost answer). `stale`: resets a
   * connection that carried a call before, as one that died while idle; handles the call on a new one.
   */
  readonly drop?: 'before' | 'after' | 'stale';
  /** Number of calls (default 1). */
  readonly times?: number;
  /** Only calls whose method or path match. */
  readonly method?: string;
  readonly path?: RegExp;
}

/** How a minted channel token differs. */
export interface ChannelTokenOptions {
  /** Claims to replace; undefined removes one. */
  readonly claims?: Json;
  readonly header?: Json;
  /** `channel` (default); `unendorsed`: published, but not for Teams; or another key. */
  readonly key?: 'channel' | 'unendorsed' | CryptoKey | Uint8Array;
}

/** The bot's raw answer to a posted activity. */
export interface PostAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, else the text. */
  readonly body: unknown;
}
