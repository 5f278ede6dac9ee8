import type { Viewer } from '../../domain/views/request-view.ts';
import type { Principal, PrincipalRef } from '../../domain/people/principal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { HeldNow } from '../../domain/request/recheck.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import type { Notice } from '../../domain/notice.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { PlannedExecution, Request } from '../../domain/request/request.ts';
import type { Workflow } from '../../domain/workflow/workflow.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';

/** What every use case is given. */
export interface Basics {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

/** The workflows in force, from configuration. */
export interface Workflows {
  get(id: string): Workflow | undefined;
  list(): readonly Workflow[];
}

/** The executors in force. */
export interface Executors {
  /** What an executor would do for these fields; undefined where the name is not configured. */
  plan(name: string): PlannedExecution | undefined;
  execute(request: Request, attempt: number): Promise<ExecutionResult>;
  /** Whether sending the same request again is safe, because the target drops repeats. */
  repeatable(name: string): boolean;
}

/**
 * What an executor says. `retry`: certainly not applied (or safe to repeat), try again.
 * `unknown`: sent, but whether it took effect cannot be told.
 */
export type ExecutionResult =
  | { readonly kind: 'applied' | 'failed' | 'unknown'; readonly outcome: Outcome }
  | { readonly kind: 'retry'; readonly outcome: Outcome; readonly retryAfterMs: number | null };

/** Wakes what waits for a request or for jobs, after a commit in this process. */
export interface Signals {
  /** A commit changed this request. */
  changed(requestId: string): void;
  /** A commit left jobs that are due. */
  jobsWaiting(): void;
  /** Resolves at the next change of the request in this process, or after `ms`. */
  nextChange(requestId: string, ms: number, signal?: AbortSignal): Promise<void>;
}

/** How a job waits for its turn under Teams' rate limits. */
export interface Turn {
  /** Since when it is due (ms): who is due first goes first. */
  readonly dueAt: number;
  /** Hears of the wait: a job that waits needs no worker. */
  aside(wait: Promise<void>): void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** Makes a card once its turn has come; null: nothing is to be sent any more. */
export type MakeCard = () => Promise<CardContent | null>;

/** Posts and updates messages in Teams. Null where nothing was to be sent. Errors: DeliveryError. */
export interface Notifier {
  /** Posts a card to a channel (by configured name) or a known conversation. */
  postCard(to: Address, card: MakeCard, turn: Turn): Promise<Posted | null>;
  updateCard(at: Posted, card: MakeCard, turn: Turn): Promise<Posted | null>;
  /** Tells a person in their personal chat. */
  tell(person: { tenantId: string; objectId: string }, notice: Notice, turn: Turn): Promise<void>;
}

export type Address =
  { readonly channel: string } | { readonly conversationId: string; readonly serviceUrl: string };

export interface Posted {
  readonly conversationId: string;
  readonly serviceUrl: string;
  readonly activityId: string;
}

/** An Adaptive Card with the text that notifications and old clients show instead. */
export interface CardContent {
  readonly card: Record<string, unknown>;
  readonly summary: string;
}

/**
 * A message that Teams did not take. `gone`: the message or conversation is no more and a repeat
 * is useless; `retryAfterMs`: when to come back; `tried` false: its turn has not come, and nothing
 * was sent.
 */
export class DeliveryError extends Error {
  readonly gone: boolean;
  readonly retryAfterMs: number | null;
  readonly tried: boolean;

  constructor(
    message: string,
    options: { gone: boolean; retryAfterMs: number | null; tried?: boolean; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = 'DeliveryError';
    this.gone = options.gone;
    this.retryAfterMs = options.retryAfterMs;
    this.tried = options.tried ?? true;
  }
}

/** Renders a request for everybody (`viewer` null) or for one person. Pure. */
export interface CardRenderer {
  request(request: Request, options: CardOptions): CardContent;
}

export interface CardOptions {
  readonly viewer: Viewer;
  /** Teams user ids whose clients fetch a view of their own; at most 60. */
  readonly refreshFor: readonly string[];
  readonly now: number;
}

/** A token or sign-in that is refused. `message` is the English sentence, for the API and logs. */
export class IdentityError extends Error {
  readonly code: string;
  /** The claim, header or detail that is wrong. */
  readonly about: string | null;
  /** What the sign-in lacks. */
  readonly refusal: Refusal | null;
  /** What the next DPoP proof must carry, where that is why (RFC 9449 9). */
  readonly nonce: string | null;

  constructor(
    code: string,
    message: string,
    options: { about?: string; refusal?: Refusal; cause?: unknown; nonce?: string } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.name = 'IdentityError';
    this.code = code;
    this.about = options.about ?? null;
    this.refusal = options.refusal ?? null;
    this.nonce = options.nonce ?? null;
  }
}

/** A DPoP proof as it came with a token (RFC 9449 4), and the call that it came with. */
export interface TokenProof {
  readonly proof: string;
  readonly method: string;
  /** Where the call went, as callers know this service: without query and fragment. */
  readonly url: string;
}

/** Uses up once-keys, for all replicas. */
export interface OnceKeys {
  /** Whether this is the first use of the key (kept until `expiresAt`, ms). */
  take(once: { kind: 'dpop'; key: string; expiresAt: number }): Promise<boolean>;
}

/** Somebody of whom it is asked what they have now. */
export interface AskedAbout {
  readonly person: PrincipalRef;
  /** Whom Teams knows them as; a linked identity itself knows nothing of Teams. */
  readonly teams: { readonly tenantId: string; readonly objectId: string } | null;
  /** Claims that matter besides the roles. */
  readonly claims: readonly string[];
}

/** Says what somebody may do now, other than by a token: for the look before an execution. */
export interface ClaimsRefresher {
  /**
   * A person's roles and claims as their provider has them now; no role for somebody who left.
   * Undefined where nobody can tell for this person; throws where it cannot be told just now.
   */
  heldNow(asked: AskedAbout): Promise<HeldNow | undefined>;
}

/**
 * A principal under roles and claims of this moment, where something besides their token tells all
 * of them; undefined where nothing does.
 */
export type RenewClaims = (by: Principal) => Promise<Principal | undefined>;

/** Where no provider can be asked about people who are away. */
export const nobodyCanTell: ClaimsRefresher = { heldNow: async () => undefined };

/** Turns tokens into principals. Every method throws IdentityError where a check fails. */
export interface Identity {
  /**
   * A token of the HTTP API, of any configured issuer: with a proof where it came as `DPoP`, and
   * only so where the token is bound to a key.
   */
  verifyBearer(token: string, proof?: TokenProof): Promise<Principal>;
  /** Every code that `verifyBearer` refuses with; the API documents them. */
  readonly bearerCodes: readonly string[];
  /**
   * A Teams single sign-on token brought by an activity: all checks of a person's token, and
   * object id and tenant must be the sender's.
   */
  verifySingleSignOn(token: string, sender: TeamsSender): Promise<Principal>;
}

/** Who Teams says sent an activity; trusted only after the gate. */
export interface TeamsSender {
  readonly tenantId: string;
  readonly objectId: string;
  /** Teams user id (MRI). */
  readonly userId: string;
  readonly name: string;
}

/** The sign-in button's way to a verified identity. */
export interface SignIn {
  /** A link for one person, request and revision; single-use, ten minutes. */
  createLink(options: {
    sender: TeamsSender;
    requestId: string;
    revision: number;
    /** What the sign-in must come up to beyond the usual. */
    stepUp?: StepUp | null;
  }): Promise<string>;
  /** The principal that this code was issued for, once. Throws IdentityError. */
  redeem(options: {
    code: string;
    sender: TeamsSender;
    requestId: string;
    revision: number;
  }): Promise<Principal>;
}

/** What carries a sign-in by the button over the clicks after it. */
export interface Sessions {
  /**
   * Who the sender's live session speaks for, under claims no older than configured: where they are
   * older, or `renew` asks for it, they are fetched again. Undefined: there is none (any more), and
   * the person has to sign in. Throws IdentityError where that cannot be told now, or the provider
   * gives no newer claims. `unattended`: nobody clicked, so the idle limit goes on.
   */
  current(
    sender: Pick<TeamsSender, 'tenantId' | 'objectId'>,
    options?: { renew?: boolean; unattended?: boolean },
  ): Promise<Principal | undefined>;
  /** Whether claims are young enough to count at a click. */
  areFresh(by: Principal): boolean;
  /** Ends the sender's session; whether there was one. */
  signOut(sender: TeamsSender): Promise<boolean>;
}

/** The sign-in button's two addresses, without the pages around them. They throw IdentityError. */
export interface SignInPages {
  /**
   * `POST /auth/start`: uses a link up and tells where to send the browser; `setCookie` (the value
   * of a Set-Cookie header) ties the attempt to it.
   */
  begin(input: { link: string }): Promise<{ redirectTo: string; setCookie: string }>;
  /**
   * `/auth/callback`: gives the one-time code that the page hands to Teams. `cookie` is the
   * request's Cookie header; `setCookie` takes the sign-in's cookie away again.
   */
  finish(input: {
    query: URLSearchParams;
    cookie: string | undefined;
  }): Promise<{ code: string; setCookie: string }>;
}

/** Encrypts what is stored for a while: secrets of ours in other hands' reach. */
export interface StoredSecrets {
  encrypt(text: string): Promise<string>;
  /** Throws where the text was not encrypted by us, or was changed since. */
  decrypt(encrypted: string): Promise<string>;
}

/** Checks the token that Bot Framework sends with an activity. */
export interface ChannelTokens {
  /** The token's `serviceurl` claim and the endorsements of its key. Throws IdentityError. */
  verify(token: string): Promise<{ serviceUrl: string; endorsements: readonly string[] }>;
}

/** Tokens of the bot's own for calls to the Bot Connector. */
export interface BotCredentials {
  token(): Promise<{ readonly value: string; readonly expiresAt: number }>;
}

/** Signs statements of the audit log under the key of its own purpose. */
export interface CheckpointSigner {
  /** A compact JWS over `payload`, its header's `typ` as given. */
  sign(
    purpose: 'checkpoints',
    payload: Readonly<Record<string, unknown>>,
    typ: string,
  ): Promise<string>;
}

/** Every card that Teams shows. Pure: the same input always gives the same card. */
export interface TeamsCards extends CardRenderer {
  /** An Adaptive Card form; sent by Action.Execute `submit` with data `{ workflow, v: 1 }`. */
  form(form: RequestForm): CardContent;
  /** The same form for dialogs: its submit is an Action.Submit with the same data. */
  dialogForm(form: RequestForm): Record<string, unknown>;
  /** A choice of workflows; Action.Submit with data `{ workflow }`. */
  picker(workflows: readonly Workflow[]): CardContent;
  /** Everything that is decided about, with the buttons that this viewer may press. */
  review(request: Request, options: Pick<CardOptions, 'viewer' | 'now'>): CardContent;
  /** A way to a request by its number; says nothing of it, nor whether it is there. */
  status(number: number): CardContent;
  help(workflows: readonly Workflow[]): CardContent;
}

/** What a form starts with, and what was wrong with what was sent before. */
export interface RequestForm {
  readonly workflow: Workflow;
  readonly values: Readonly<Record<string, unknown>>;
  readonly problem?: Refusal;
}

/** Takes what Bot Framework posts: the gate and the bot behind it. A fault is thrown. */
export interface ActivityHandler {
  /** `authorization` is the header as it came; `body` is checked JSON (UTF-8, depth, keys). */
  messages(input: { authorization: string | undefined; body: unknown }): Promise<{
    status: number;
    body?: unknown;
    /** Why it was kept out: for the metrics, never for the sender. */
    code?: string;
  }>;
}
