import type { Origin } from '../domain/request/request.ts';
import type { JsonObject } from '../lib/strict-json.ts';
import type { App } from '../usecases/app.ts';
import type { ClickedCard } from '../usecases/ports/app.ts';
import type { TeamsSender } from '../usecases/ports/teams-sender.ts';
import type { Workflows } from '../usecases/ports/workflows.ts';
import type { ShownRequest } from './card-data.ts';
import type { Prover } from './prover.ts';

/** What the actions of cards work with. */
export interface InteractionDeps {
  readonly app: App;
  readonly workflows: Pick<Workflows, 'list'>;
}

/** A button of a card was pressed, or a form was sent, on any surface. */
export interface CardAction<Ask> {
  readonly verb: unknown;
  /** The data of the button with the person's inputs. The client sends it, so nothing is trusted. */
  readonly data: JsonObject;
  /** How it came in, as evidence keeps it; the proof adds the exchange. */
  readonly origin: Omit<Origin, 'exchangeId'>;
  /** The same key makes one request only. */
  readonly idempotencyKey: string;
  /** The Teams person and the message that was clicked; null on another surface. */
  readonly teams: { readonly sender: TeamsSender; readonly card: ClickedCard | null } | null;
  readonly prover: Prover<Ask>;
}

/** An action on the card of a request. */
export interface RequestAction<Ask> extends CardAction<Ask> {
  readonly shown: ShownRequest;
}
