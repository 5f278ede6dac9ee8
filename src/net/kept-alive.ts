import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { noteOpened } from './note-opened.ts';
import { KEPT_ALIVE } from './outgoing.ts';
import type { AgentFor } from './outgoing.ts';

class NotingHttpAgent extends HttpAgent {
  override createConnection(...given: Parameters<HttpAgent['createConnection']>) {
    noteOpened(given[0]);
    return super.createConnection(...given);
  }
}

class NotingHttpsAgent extends HttpsAgent {
  override createConnection(...given: Parameters<HttpsAgent['createConnection']>) {
    noteOpened(given[0]);
    return super.createConnection(...given);
  }
}

/** One pool for all clients. */
const http = new NotingHttpAgent(KEPT_ALIVE);
const https = new NotingHttpsAgent(KEPT_ALIVE);

/** What the peer's reset of a connection looks like. */
const RESET: readonly unknown[] = ['ECONNRESET', 'EPIPE'];

/** The parts of a call that the policy works with (@azure/core-rest-pipeline). */
interface PipelineRequest {
  readonly url: string;
  agent?: unknown;
  requestOverrides?: Record<string, unknown>;
}

/**
 * Makes a call again, once and at once, if it was sent on a connection that carried calls before
 * and the peer reset it: the connection died while idle, so the call was not read. A reset of a new
 * connection is a lost answer, which may have been carried out. `agentFor` gives the agent of a URL
 * that is reached through a proxy.
 */
export function createKeptAlivePolicy(agentFor: AgentFor) {
  return {
    name: 'keptAlivePolicy',
    async sendRequest<Answer>(
      request: PipelineRequest,
      next: (request: PipelineRequest) => Promise<Answer>,
    ): Promise<Answer> {
      let opened = false;
      const onOpened = () => {
        opened = true;
      };
      const proxied = agentFor(request.url);
      request.agent = proxied ?? (request.url.startsWith('https:') ? https : http);
      request.requestOverrides = { ...request.requestOverrides, onOpened };
      try {
        return await next(request);
      } catch (error) {
        if (opened || !RESET.includes((error as { code?: unknown } | null)?.code)) throw error;
      }
      // Not one of the pool: others may have died with it.
      if (!proxied) request.agent = false;
      return next(request);
    },
  };
}
