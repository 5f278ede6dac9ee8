/**
 * The interface of the local Bot Connector to the Teams-like page and the tests. Between connector
 * and bot is the real wire.
 */

/** A JSON object. */
export type Json = Record<string, unknown>;

/** A demo person. Teams and the tokens have the same `oid` and `tid`. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly oid: string;
  readonly tid: string;
  /** The Teams user id (MRI), `29:…`. */
  readonly mri: string;
  /** Roles in the tokens of this person from now on; may change while it runs. */
  roles: string[];
  /** Claim in the tokens of this person from now on. */
  department: string;
  /** Further claims in the tokens of this person. */
  readonly claims?: Json;
  /** What to try as this person, in one sentence. */
  readonly hint: string;
}

/** A chat of a person: the personal chat with the bot, or a channel. */
export interface Chat {
  readonly id: string;
  readonly kind: 'personal' | 'channel';
  readonly title: string;
  readonly team?: string;
}

/** A message of a chat; an update replaces text and attachments and keeps the id. */
export interface Message {
  readonly id: string;
  readonly chatId: string;
  readonly from: { readonly id: string; readonly name: string; readonly bot: boolean };
  readonly at: string;
  readonly text?: string;
  readonly attachments: readonly { readonly contentType: string; readonly content: Json }[];
  readonly edited: boolean;
  /** In a channel: the first message of the thread. */
  readonly threadId?: string;
}

/** The result of a click, after the client signed on and sent it again as Teams does. */
export type ClickResult =
  | { readonly kind: 'card'; readonly card: Json; readonly personal: boolean }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'signIn'; readonly url: string; readonly text: string }
  | { readonly kind: 'error'; readonly code: string; readonly text: string }
  | { readonly kind: 'dialog'; readonly title: string; readonly card: Json }
  | { readonly kind: 'none' };

/** A live event of a chat. */
export interface WorldEvent {
  readonly type: 'message' | 'update' | 'delete';
  readonly chatId: string;
  readonly message: Message;
}

/** Teams, as a person uses it. */
export interface TeamsWorld {
  people(): readonly Person[];
  chats(personId: string): readonly Chat[];
  messages(personId: string, chatId: string): readonly Message[];
  /** Subscribes to the chats of a person; gives the function that ends it. */
  listen(personId: string, heard: (event: WorldEvent) => void): () => void;
  say(personId: string, chatId: string, text: string): Promise<void>;
  /** Presses a button of a card. `inputs` are merged into the data of `action`. */
  click(click: Click): Promise<ClickResult>;
  /** Refreshes a card that names this person in `refresh.userIds`; undefined: nothing to show. */
  refresh(personId: string, chatId: string, messageId: string): Promise<Json | undefined>;
  /** The messaging-extension command: opens its dialog, or sends its form. */
  openExtension(personId: string, chatId: string, commandId: string): Promise<ClickResult>;
  submitExtension(options: {
    personId: string;
    chatId: string;
    commandId: string;
    data: Json;
    state?: string;
  }): Promise<ClickResult>;
  /** Whether the client has single sign-on tokens; without them it shows the sign-in button. */
  singleSignOn: boolean;
}

/** One press of a button. `state` is the code of an earlier sign-in page. */
export interface Click {
  readonly personId: string;
  readonly chatId: string;
  readonly messageId: string;
  readonly action: Json;
  readonly inputs?: Json;
  readonly state?: string;
  /** The button is in a dialog of a card: its Action.Submit is a `task/submit`. */
  readonly dialog?: boolean;
}
