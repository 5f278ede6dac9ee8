/**
 * The faces between the parts of the local profile: what the Teams-like page (and the tests'
 * driver) may ask of the local Bot Connector. Shapes only; the wire between connector and bot is
 * the real one.
 */

/** A JSON object as it travels on the wire. */
export type Json = Record<string, unknown>;

/** One demo person. `oid` and `tid` are what Teams and the tokens both name. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly oid: string;
  readonly tid: string;
  /** The Teams user id (MRI), `29:…`. */
  readonly mri: string;
  /** Roles that the provider puts into this person's tokens now; may change while it runs. */
  roles: string[];
  /** As the provider puts it into this person's tokens now. */
  department: string;
  /** One sentence that tells the visitor what to try as this person. */
  readonly hint: string;
}

/** A chat that a person sees: the personal chat with the bot, or a channel. */
export interface Chat {
  readonly id: string;
  readonly kind: 'personal' | 'channel';
  readonly title: string;
  readonly team?: string;
}

/** One message as a chat shows it; an update replaces text and attachments and keeps the id. */
export interface Message {
  readonly id: string;
  readonly chatId: string;
  readonly from: { readonly id: string; readonly name: string; readonly bot: boolean };
  readonly at: string;
  readonly text?: string;
  readonly attachments: readonly { readonly contentType: string; readonly content: Json }[];
  readonly edited: boolean;
  /** In a channel: the message that started the thread which this one answers in. */
  readonly threadId?: string;
}

/** What the bot answered to a click, after the client did what Teams does (sign-on and resend). */
export type ClickResult =
  | { readonly kind: 'card'; readonly card: Json; readonly personal: boolean }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'signIn'; readonly url: string; readonly text: string }
  | { readonly kind: 'error'; readonly code: string; readonly text: string }
  | { readonly kind: 'dialog'; readonly title: string; readonly card: Json }
  | { readonly kind: 'none' };

/** A live event of a chat that a page shows. */
export interface WorldEvent {
  readonly type: 'message' | 'update' | 'delete';
  readonly chatId: string;
  readonly message: Message;
}

/** The Teams side of the world, as one of its people uses it. */
export interface TeamsWorld {
  people(): readonly Person[];
  chats(personId: string): readonly Chat[];
  messages(personId: string, chatId: string): readonly Message[];
  /** Listens to what this person's chats show; gives the function that stops listening. */
  listen(personId: string, heard: (event: WorldEvent) => void): () => void;
  say(personId: string, chatId: string, text: string): Promise<void>;
  /** Presses a card's button. `action` is the action's JSON; `inputs` are merged into its data. */
  click(click: Click): Promise<ClickResult>;
  /** Refreshes a card that names this person in `refresh.userIds`; undefined: nothing to show. */
  refresh(personId: string, chatId: string, messageId: string): Promise<Json | undefined>;
  /** The messaging-extension command: opens its dialog, sends its form. */
  openExtension(personId: string, chatId: string, commandId: string): Promise<ClickResult>;
  submitExtension(options: {
    personId: string;
    chatId: string;
    commandId: string;
    data: Json;
    state?: string;
  }): Promise<ClickResult>;
  /** Whether the client hands out single sign-on tokens; off shows the sign-in button's way. */
  singleSignOn: boolean;
}

/** One press of a button. `state` is the code of a sign-in page that was shown before. */
export interface Click {
  readonly personId: string;
  readonly chatId: string;
  readonly messageId: string;
  readonly action: Json;
  readonly inputs?: Json;
  readonly state?: string;
  /** The button stands in a dialog that a card opened: its Action.Submit is a `task/submit`. */
  readonly dialog?: boolean;
}
