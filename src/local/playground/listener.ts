/** The listener for the Microsoft 365 Agents Playground, as the client in place of the page. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemIds } from '../../lib/ids.ts';
import { jsonOr } from '../../lib/strict-json.ts';
import type { LocalConnector } from '../connector.ts';
import { actionAnswer } from '../connector/answers.ts';
import type { PostAnswer } from '../connector/types.ts';
import { listenOnLoopback, readText, sendJson, stopServer } from '../loopback.ts';
import type { LocalProvider } from '../provider.ts';
import type { Json, Person } from '../world.ts';
import { checkCaller, NotThePlayground, senderOf } from './guard.ts';

const BODY_BYTES = 262_144;

/** A running listener. */
export type PlaygroundListener = Awaited<ReturnType<typeof startPlaygroundListener>>;

export interface PlaygroundOptions {
  readonly port: number;
  /** Origin of the Playground, as `playgroundOrigin` gives it. */
  readonly origin: string;
  readonly people: readonly Person[];
  readonly connector: Pick<LocalConnector, 'channelToken' | 'post'>;
  readonly provider: Pick<LocalProvider, 'singleSignOnToken'>;
}

/**
 * Starts the listener on 127.0.0.1. The Playground signs nothing, and the bot accepts signed
 * activities only: the listener signs them with the key of the local connector, and sends a click
 * again with the person's token where the bot asks for it, as Teams does.
 */
export async function startPlaygroundListener(options: PlaygroundOptions) {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      const status = error instanceof NotThePlayground ? error.status : 502;
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) sendJson(response, { status, body: { error: message } });
      else response.destroy();
    });
  });
  const base = await listenOnLoopback(server, options.port);
  return { endpoint: `${base}/api/messages`, stop: () => stopServer(server) };
}

async function answer(
  options: PlaygroundOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  checkCaller(request, { port: request.socket.localPort ?? 0, origin: options.origin });
  // The Playground asks this way whether the bot runs.
  if (request.method === 'HEAD') return sendJson(response, { status: 200 });
  const text = await readText(request, BODY_BYTES);
  if (text === undefined) throw new NotThePlayground(413, 'The activity is larger than 256 KiB.');
  const { activity, person, serviceUrl } = senderOf(parsed(text), options);
  const token = await options.connector.channelToken({ claims: { serviceurl: serviceUrl } });
  const first = await options.connector.post(activity, { token });
  const { status, body } = (await signedOn(options, { activity, person, token, first })) ?? first;
  sendJson(response, { status, body });
}

/** The answer to the click with the person's token; undefined where the bot asked for none. */
async function signedOn(
  { connector, provider }: PlaygroundOptions,
  click: { activity: Json; person: Person; token: string; first: PostAnswer },
): Promise<PostAnswer | undefined> {
  const { activity, person, token, first } = click;
  if (activity['name'] !== 'adaptiveCard/action') return undefined;
  const asked = actionAnswer({ kind: 'answer', answer: first });
  const exchange = asked.kind === 'again' ? asked.login?.exchange : undefined;
  if (asked.kind !== 'again' || exchange === undefined) return undefined;
  const authentication = {
    id: exchange.id,
    connectionName: asked.login?.connectionName,
    token: await provider.singleSignOnToken(person.id, exchange.uri),
  };
  const value = { ...jsonOr(activity['value']), authentication };
  return connector.post({ ...activity, id: `f:${systemIds.secret(16)}`, value }, { token });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if ((error as { name?: unknown } | null)?.name !== 'SyntaxError') throw error;
    throw new NotThePlayground(400, 'The body is not JSON.');
  }
}
