import type { Refusal } from '../../domain/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Viewer } from '../../domain/views/request-view.ts';
import type { Workflow } from '../../domain/workflow/workflow.ts';

/** An Adaptive Card, and its text for notifications and old clients. */
export interface CardContent {
  readonly card: Record<string, unknown>;
  readonly summary: string;
}

export interface CardOptions {
  readonly viewer: Viewer;
  /** Teams user ids (at most 60) whose clients fetch a personal view. */
  readonly refreshFor: readonly string[];
  readonly now: number;
}

/** All cards for Teams. Pure: equal inputs give equal cards. */
export interface TeamsCards {
  /** A request for everybody (`viewer` null) or for one person. */
  request(request: Request, options: CardOptions): CardContent;
  /** An Adaptive Card form; sent by Action.Execute `submit` with data `{ workflow, v: 1 }`. */
  form(form: RequestForm): CardContent;
  /** The same form for dialogs: its submit is an Action.Submit with the same data. */
  dialogForm(form: RequestForm): Record<string, unknown>;
  /** A sentence, as the last card of a dialog. */
  dialogNote(sentence: string): Record<string, unknown>;
  /**
   * A choice of workflows; Action.Submit with data `{ workflow }`, and `typed`: what the form of the
   * chosen one is to start with.
   */
  picker(workflows: readonly Workflow[], typed?: Typed): CardContent;
  /** The whole request, with the buttons that this viewer may press. */
  review(request: Request, options: Pick<CardOptions, 'viewer' | 'now'>): CardContent;
  /** A card that leads to a request by number. It does not tell whether the request exists. */
  status(number: number): CardContent;
  help(workflows: readonly Workflow[]): CardContent;
}

/** What was typed behind a command that names no workflow, or several. */
export type Typed = Pick<RequestForm, 'values' | 'rest'>;

/** Initial values of a form, and the problem of an earlier submission. */
export interface RequestForm {
  readonly workflow: Workflow;
  readonly values: Readonly<Record<string, unknown>>;
  readonly problem?: Refusal;
  /** A sentence of the surface: why the form is shown again. */
  readonly message?: string;
  /** What was typed behind a command and belongs to no field. */
  readonly rest?: string;
}
