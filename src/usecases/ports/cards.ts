import type { Refusal } from '../../domain/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Viewer } from '../../domain/views/request-view.ts';
import type { Workflow } from '../../domain/workflow/workflow.ts';

/** An Adaptive Card with the text that notifications and old clients show instead. */
export interface CardContent {
  readonly card: Record<string, unknown>;
  readonly summary: string;
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
