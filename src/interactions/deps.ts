import type { App } from '../usecases/ports/app.ts';
import type { Workflows } from '../usecases/ports/workflows.ts';

/** What the actions of cards work with. */
export interface InteractionDeps {
  readonly app: App;
  readonly workflows: Pick<Workflows, 'list'>;
}
