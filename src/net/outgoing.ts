import { Agent as HttpsAgent } from 'node:https';
import type { AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Agent, buildConnector, fetch as fetchThrough } from 'undici';
import type { RequestInit as UndiciInit } from 'undici';
import { noteOpened } from './note-opened.ts';
import { proxyFor } from './proxy-route.ts';
import type { ProxySettings } from './proxy-route.ts';
import { openTunnel } from './proxy-tunnel.ts';
import { unbracketed } from './unbracketed.ts';

const CONNECT_MS = 10_000;

/**
 * How connections are kept alive between calls. One that is idle for longer is closed here: load
 * balancers and address translation forget idle connections without telling.
 */
export const KEPT_ALIVE = { keepAlive: true, timeout: 4_000 } as const;

/** A fetch function; tests pass one that redirects to loopback. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** The agent of an https URL; undefined: the client's own. */
export type AgentFor = (url: string) => HttpsAgent | undefined;

/** The ways out through one proxy, or directly. */
export interface Outgoing {
  readonly fetch: Fetch;
  /** For clients of node:https; undefined: directly. */
  agentFor: AgentFor;
}

const made = new WeakMap<ProxySettings, Outgoing>();
let direct: Outgoing | undefined;

/**
 * The ways out by these settings, with one pool of connections for each settings. Without a proxy
 * they are direct, also where Node's own fetch reads the environment (NODE_USE_ENV_PROXY).
 */
export function outgoing(settings: ProxySettings | null | undefined): Outgoing {
  if (!settings) {
    direct ??= create({ url: 'http://none', noProxy: ['*'] });
    return direct;
  }
  const known = made.get(settings) ?? create(settings);
  made.set(settings, known);
  return known;
}

/**
 * A connector for undici that opens a tunnel where a proxy is to be used, and else `connect`. TLS to
 * the target runs inside the tunnel.
 */
export function proxiedConnector(
  settings: ProxySettings,
  connect: buildConnector.connector,
  timeoutMs: number,
): buildConnector.connector {
  return (asked, done) => {
    const host = unbracketed(asked.hostname);
    const port = Number(asked.port || 443);
    const proxy = asked.protocol === 'https:' ? proxyFor(settings, { host, port }) : undefined;
    if (proxy === undefined) return connect(asked, done);
    openTunnel(proxy, { host, port, timeoutMs }).then(
      (httpSocket) => connect({ ...asked, httpSocket }, done),
      (error: Error) => done(error, null),
    );
  };
}

function create(settings: ProxySettings): Outgoing {
  const connect = buildConnector({ timeout: CONNECT_MS, allowH2: false });
  const dispatcher = new Agent({ connect: proxiedConnector(settings, connect, CONNECT_MS) });
  const agent = new TunnelAgent(settings);
  return {
    // The types of undici and of Node describe the same objects.
    fetch: async (url, init) =>
      (await fetchThrough(url, { ...(init as UndiciInit), dispatcher })) as unknown as Response,
    agentFor(url) {
      const { protocol, hostname, port } = new URL(url);
      const target = { host: unbracketed(hostname), port: Number(port || 443) };
      return protocol === 'https:' && proxyFor(settings, target) ? agent : undefined;
    },
  };
}

/** An agent of node:https whose connections run through the proxy. */
class TunnelAgent extends HttpsAgent {
  readonly #settings: ProxySettings;

  constructor(settings: ProxySettings) {
    super(KEPT_ALIVE);
    this.#settings = settings;
  }

  override createConnection(
    options: AgentOptions & { host?: string | null; port?: number | string | null },
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    noteOpened(options);
    const target = { host: options.host ?? '', port: Number(options.port ?? 443) };
    const proxy = proxyFor(this.#settings, target);
    if (proxy === undefined) throw new Error(`${target.host} needs no proxy`);
    openTunnel(proxy, { ...target, timeoutMs: CONNECT_MS }).then(
      (socket: Socket) => {
        const secured = super.createConnection({ ...options, socket } as AgentOptions);
        done?.(null, secured as Duplex);
      },
      (error: Error) => done?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  }
}
