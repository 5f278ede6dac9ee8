/** Who may send activities to the Playground's listener. */
import type { IncomingMessage } from 'node:http';
import { isJsonObject } from '../../lib/strict-json.ts';
import { textOf } from '../loopback.ts';
import type { Json, Person } from '../world.ts';

/** Names by which this machine calls itself. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const LOOPBACK_PEERS = ['127.0.0.1', '::1', '::ffff:127.0.0.1'];

/** A request that is not the Playground's, with the status and what to do. */
export class NotThePlayground extends Error {
  override readonly name = 'NotThePlayground';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The origin of the Playground, with one name for this machine; undefined for other addresses. */
export function playgroundOrigin(text: string): string | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' || !LOOPBACK_NAMES.includes(url.hostname)) return undefined;
  if (url.username + url.password !== '') return undefined;
  // The Playground itself always writes localhost.
  return `http://localhost:${url.port === '' ? '80' : url.port}`;
}

/**
 * Checks what comes before the body. A page of another origin in the same browser can neither send
 * JSON without asking first, nor change Host and Origin.
 *
 * @throws NotThePlayground
 */
export function checkCaller(
  request: IncomingMessage,
  { port, origin }: { port: number; origin: string },
): void {
  const { headers, socket, method, url } = request;
  if (!LOOPBACK_PEERS.includes(socket.remoteAddress ?? '')) {
    throw new NotThePlayground(403, 'Only this machine may send activities.');
  }
  if (!LOOPBACK_NAMES.some((name) => headers.host === `${name}:${port}`)) {
    throw new NotThePlayground(421, `Call this listener by http://127.0.0.1:${port}.`);
  }
  if (headers.origin !== undefined && playgroundOrigin(headers.origin) !== origin) {
    throw new NotThePlayground(403, `Only pages of ${origin} may send activities.`);
  }
  if (url !== '/api/messages') throw new NotThePlayground(404, 'Activities go to /api/messages.');
  if (method === 'HEAD') return;
  if (method !== 'POST') throw new NotThePlayground(405, 'Activities are sent with POST.');
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json' || headers['content-encoding']) {
    throw new NotThePlayground(415, 'Activities are JSON, without a Content-Encoding.');
  }
}

/**
 * Checks an activity, and gives its sender.
 *
 * @throws NotThePlayground
 */
export function senderOf(
  activity: unknown,
  { people, origin }: { people: readonly Person[]; origin: string },
): { activity: Json; person: Person; serviceUrl: string } {
  if (!isJsonObject(activity)) throw new NotThePlayground(400, 'The body is not an activity.');
  const serviceUrl = textOf(activity['serviceUrl']) ?? '';
  if (playgroundOrigin(serviceUrl) !== origin) {
    throw new NotThePlayground(
      403,
      `serviceUrl is not at ${origin}: start the Playground on that port, or give its address as --playground.`,
    );
  }
  if (activity['channelId'] !== 'msteams') {
    throw new NotThePlayground(403, 'Start the Playground with --channel-id msteams.');
  }
  const from = isJsonObject(activity['from']) ? activity['from'] : {};
  const person = people.find(({ oid, mri }) => from['aadObjectId'] === oid && from['id'] === mri);
  if (person === undefined) {
    throw new NotThePlayground(
      403,
      'The sender is nobody of this profile: start the Playground in the folder of its configuration file.',
    );
  }
  return { activity, person, serviceUrl };
}
