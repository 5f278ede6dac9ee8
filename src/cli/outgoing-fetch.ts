import { proxyOfEnvironment } from '../config/proxy-section.ts';
import { outgoing } from '../net/outgoing.ts';
import type { Fetch } from '../net/outgoing.ts';
import type { CommandIo } from './command.ts';

const made = new WeakMap<CommandIo['env'], Fetch>();

/** The fetch of a command that calls a service: through HTTPS_PROXY, except to NO_PROXY. */
export function outgoingFetch({ env }: CommandIo): Fetch {
  const fetch = made.get(env) ?? outgoing(proxyOfEnvironment(env)).fetch;
  made.set(env, fetch);
  return fetch;
}
