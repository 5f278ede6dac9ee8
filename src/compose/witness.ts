import { CHECKPOINT_TYPE } from '../audit/checkpoint-verifier.ts';
import { createWitnessSender } from '../audit/witness-sender.ts';
import type { WitnessSender } from '../audit/witness-sender.ts';
import { openWitness } from './open-witness.ts';
import type { Foundation } from './foundation.ts';

/** What appends checkpoints to the configured witness; undefined without one. */
export function composeWitness(foundation: Foundation): WitnessSender | undefined {
  const { store, keys, clock, ids, log, config } = foundation;
  const { origin, sealEveryMs, witness } = config.audit;
  if (witness === undefined) return undefined;
  return createWitnessSender({
    store,
    clock,
    ids,
    log,
    origin,
    everyMs: sealEveryMs,
    witness: openWitness(witness, config.server),
    verifyCheckpoint: (jws) => keys.verify('checkpoints', jws, CHECKPOINT_TYPE),
  });
}
