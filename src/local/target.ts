import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { jsonOr } from '../lib/strict-json.ts';
import { listenOnLoopback, readText, sendJson, stopServer, textOf } from './loopback.ts';
import type { Json } from './world.ts';

/** One accepted delivery; repeats are deliveries too. */
export interface Delivery {
  readonly webhookId: string;
  readonly idempotencyKey: string | undefined;
  readonly body: Json;
  /** Whether this id was applied before, so that nothing was done again. */
  readonly repeat: boolean;
}

/** The services of the demo's workflows: each checks the signature and applies a webhook id once. */
export type Target = Awaited<ReturnType<typeof startTarget>>;

const MAX_DELIVERIES = 10_000;

/** What each service answers, by the last part of its path; any other is a deployment service. */
const SERVICES: Readonly<Record<string, { readonly kind: string; readonly message: string }>> = {
  deploy: { kind: 'deploy', message: 'Rolled out.' },
  database: { kind: 'login', message: 'The read-only login is ready.' },
  payments: { kind: 'transfer', message: 'The bank has taken the payment.' },
};

/**
 * Starts the services on loopback; `secret` is the webhook secret (`whsec_…`). `heard` is called for
 * each delivery that takes effect, before the answer.
 */
export async function startTarget(options: {
  port?: number;
  secret: string;
  heard?: (delivery: Delivery) => void;
}) {
  const deliveries: Delivery[] = [];
  const references = new Map<string, string>();
  const failing = { times: 0, status: 500, applied: false };
  const webhook = new Webhook(options.secret);

  const take = async (req: IncomingMessage, res: ServerResponse) => {
    const text = await readText(req, 256 * 1024);
    if (req.method !== 'POST' || text === undefined) return sendJson(res, { status: 405 });
    const fault = failing.times > 0 ? { ...failing } : undefined;
    failing.times -= fault ? 1 : 0;
    const fail = (status: number) =>
      status === 0 ? void req.socket.destroy() : sendJson(res, { status });
    if (fault?.applied === false) return fail(fault.status);
    const headers = {
      'webhook-id': header(req, 'webhook-id'),
      'webhook-timestamp': header(req, 'webhook-timestamp'),
      'webhook-signature': header(req, 'webhook-signature'),
    };
    let body: Json;
    try {
      body = jsonOr(webhook.verify(text, headers));
    } catch (error) {
      return sendJson(res, { status: 401, body: { message: String(error) } });
    }
    const id = headers['webhook-id'];
    const { kind, message } = serviceAt(req.url);
    const reference = references.get(id) ?? `${kind}-${1041 + references.size + 1}`;
    const delivery: Delivery = {
      webhookId: id,
      idempotencyKey: header(req, 'idempotency-key') || undefined,
      body,
      repeat: references.has(id),
    };
    if (deliveries.length < MAX_DELIVERIES) deliveries.push(delivery);
    references.set(id, reference);
    options.heard?.(delivery);
    if (fault) return fail(fault.status);
    sendJson(res, { status: 200, body: { reference, message } });
  };

  const server = createServer((req, res) => {
    take(req, res).catch((error: unknown) => {
      sendJson(res, { status: 500, body: { message: String(error) } });
    });
  });
  const base = await listenOnLoopback(server, options.port ?? 0);
  return {
    /** The services are below it: `/deploy`, `/database`, `/payments`. */
    url: `${base}/hooks`,
    deliveries: deliveries as readonly Delivery[],
    /** Distinct webhook ids that took effect. */
    applied: () => references.size,
    /**
     * Answers the next calls with this status without applying them; 0 closes the connection.
     * `applied`: applies them first, so that only the answer is lost.
     */
    failNext(times: number, status: number, { applied = false }: { applied?: boolean } = {}) {
      Object.assign(failing, { times, status, applied });
    },
    stop: () => stopServer(server),
  };
}

function serviceAt(path = '') {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const service = Object.hasOwn(SERVICES, name) ? SERVICES[name] : undefined;
  return service ?? { kind: 'deploy', message: 'Rolled out.' };
}

function header(req: IncomingMessage, name: string): string {
  return textOf(req.headers[name]) ?? '';
}
