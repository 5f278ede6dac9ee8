import { createAuditReader } from '../audit/audit-reader.ts';
import { createCards } from '../cards/cards.ts';
import type { Config } from '../config/config.ts';
import { createExecutors } from '../executors/registry.ts';
import type { Running } from '../lib/loop.ts';
import { textFor } from '../text/text.ts';
import type { AppContext } from '../usecases/app-context.ts';
import { createApp } from '../usecases/app.ts';
import { createSignals } from '../usecases/signals.ts';
import { layFoundation } from './foundation.ts';
import type { Foundation, Overrides } from './foundation.ts';
import { composeHttp } from './http.ts';
import { composeIdentity, composeSignIn } from './identity.ts';
import type { IdentityArea } from './identity.ts';
import { lifecycle } from './lifecycle.ts';
import type { Service } from './lifecycle.ts';
import { composeOutbound, composeTeams } from './teams.ts';
import { composeWitness } from './witness.ts';
import { startWorkers } from './workers.ts';

/**
 * Puts every part together.
 *
 * @throws StoreError where the store cannot be opened, Error where keys or issuers do not fit.
 */
export async function compose(config: Config, overrides: Overrides = {}): Promise<Service> {
  const foundation = await layFoundation(config, overrides);
  try {
    return assemble(foundation);
  } catch (error) {
    await foundation.store.close();
    throw error;
  }
}

function assemble(foundation: Foundation): Service {
  const { config } = foundation;
  const area = composeIdentity(foundation);
  const { identity, sessions, renewClaims, refresher, verifier } = area;
  // Cards in channels and notices have many readers, or one whose language is not at hand.
  const text = textFor(null);
  const cards = createCards({ publicUrl: config.server.publicUrl });
  const outbound = composeOutbound(foundation, text);
  let relay: Running | undefined;
  const context = appContext(foundation, area, () => relay?.wake());
  const app = createApp(context);
  const signIn = composeSignIn(foundation, area, app);
  const { workflows } = context;
  const proof = { identity, signIn, sessions, renewClaims };
  const teams = composeTeams(foundation, { ...proof, app, workflows, cards, outbound });
  const witness = composeWitness(foundation);
  const http = composeHttp(foundation, { app, identity, signIn, teams, outbound, witness });
  const jobs = { ...context, notifier: outbound.notifier, cards: cards(text), refresher };
  return lifecycle(foundation, {
    outbound,
    http,
    checkLog: () => witness?.checkStart(),
    startWorkers() {
      const workers = startWorkers(foundation, { jobs, sessions, verifier });
      [relay] = workers;
      return witness === undefined ? workers : [...workers, witness.start()];
    },
  });
}

/** What the use cases work with. */
function appContext(
  foundation: Foundation,
  { linkedTo }: IdentityArea,
  wakeRelay: () => void,
): AppContext {
  const { config, clock, ids, log, store, keys, record } = foundation;
  const byId = new Map(config.workflows.map((workflow) => [workflow.id, workflow]));
  return {
    clock,
    ids,
    log,
    store,
    workflows: { get: (id) => byId.get(id), list: () => config.workflows },
    administration: config.administration,
    audit: createAuditReader(store),
    limits: config.limits,
    executors: createExecutors(foundation),
    signals: createSignals(wakeRelay),
    waitTokenMac: (text) => keys.mac('wait-tokens', text),
    onceKeyMac: (text) => keys.mac('once-keys', text),
    record,
    linkedTo,
  };
}
