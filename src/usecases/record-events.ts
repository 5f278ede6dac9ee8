import { EVENT_VERSION } from '../domain/events/catalogue.ts';
import type { EventBody } from '../domain/events/catalogue.ts';
import type { Ids } from '../lib/ids.ts';
import type { Recorded } from './ports/audit-store.ts';

/** Gives events their ids and time, and writes the text that the log keeps of each. */
export function recordEvents(
  { ids }: { ids: Ids },
  bodies: readonly EventBody[],
  at: number,
): Recorded {
  const events = bodies.map(({ type, requestId, actor, data }) => {
    const id = ids.next('evt', at);
    const event = { id, v: EVENT_VERSION, at, type, requestId, actor, data };
    return { id, at, type, requestId, body: asciiJson(event) };
  });
  return { events };
}

/** JSON in ASCII: no engine, driver or export changes a byte of it. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
