/** The types of the local Bot Connector. */
import type { CryptoKey } from 'jose';
import type { Json, Person, TeamsWorld } from '../world.ts';

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
  readonly botName?: string;
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
  readonly retryAfterSeconds?: number;
  /** Closes the connection, before or after handling the call (a lost answer). */
  readonly drop?: 'before' | 'after';
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

/** The parts of an activity of a person's client; for tests that send it raw. */
export interface ActivityOptions {
  readonly personId: string;
  readonly chatId: string;
  readonly replyToId?: string;
  /** Members to add or replace (undefined removes one), e.g. `type`, `name`, `value`. */
  readonly with: Json;
}

/** The running connector: people in Teams on one side, the REST API of bots on the other. */
export interface LocalConnector extends TeamsWorld {
  /** Base address of the REST API, with a trailing slash as in Teams. */
  readonly serviceUrl: string;
  /** OpenID metadata of the channel's tokens. */
  readonly metadataUrl: string;
  /** `iss` of the channel's tokens. */
  readonly issuer: string;
  /** Token endpoint of the bot (client credentials). */
  readonly loginUrl: string;
  /** `aud` of the bot's tokens, and with `/.default` the scope to ask for. */
  readonly botScope: string;
  /** Adds the app for people and channels (default: all without it), and notifies the bot. */
  install(options?: {
    readonly personIds?: readonly string[];
    readonly channelIds?: readonly string[];
  }): Promise<void>;
  /** Removes the app for a person; proactive posts then answer 403. */
  uninstall(personId: string): Promise<void>;
  /** The latest REST calls of the bot, oldest first (at most 2,000 kept). */
  calls(): readonly RestCall[];
  fail(fault: Fault): void;
  channelToken(options?: ChannelTokenOptions): Promise<string>;
  /** A token of the bot's own login; for tests that send it to the bot. */
  botToken(claims?: Json): Promise<string>;
  /** The activity that a person's client would send, not sent. */
  activity(options: ActivityOptions): Json;
  /** Sends an activity to the bot; `token: null` sends none. */
  post(activity: unknown, options?: { readonly token?: string | null }): Promise<PostAnswer>;
  /** New channel keys; the old ones are no longer published. */
  rotateKeys(): Promise<void>;
  stop(): Promise<void>;
}
