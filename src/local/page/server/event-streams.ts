import type { ServerResponse } from 'node:http';
import type { TeamsWorld } from '../../world.ts';
import { PageProblem } from './problem.ts';

const MAX_STREAMS = 64;
const HEARTBEAT_MS = 15_000;
/** A page that is this far behind is disconnected; it reconnects and reads the chat again. */
const MAX_BACKLOG_BYTES = 1024 * 1024;

/**
 * The open server-sent event streams. Each has the chat events of one person (`event: chat`),
 * changes of the settings (`event: settings`) and a heartbeat comment.
 */
export class EventStreams {
  readonly #world: TeamsWorld;
  readonly #open = new Map<ServerResponse, () => void>();

  constructor(world: TeamsWorld) {
    this.#world = world;
  }

  /**
   * Turns a response into the stream of a person, until the client disconnects or `closeAll`.
   *
   * @throws PageProblem 429 `too-many-streams`.
   */
  open(personId: string, response: ServerResponse): void {
    if (this.#open.size >= MAX_STREAMS) {
      throw new PageProblem(429, 'too-many-streams', 'Too many pages are open; close some.');
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 1000\nevent: hello\ndata: {}\n\n');
    const stopListening = this.#world.listen(personId, (event) => {
      this.#write(response, 'chat', event);
    });
    const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
    heartbeat.unref();
    const end = (): void => {
      clearInterval(heartbeat);
      stopListening();
      this.#open.delete(response);
    };
    this.#open.set(response, end);
    response.once('close', end);
  }

  /** Sends the changed settings to every open page. */
  tellSettings(settings: { singleSignOn: boolean }): void {
    for (const response of this.#open.keys()) this.#write(response, 'settings', settings);
  }

  /** Ends every stream. */
  closeAll(): void {
    for (const [response, end] of [...this.#open]) {
      end();
      response.end();
    }
  }

  #write(response: ServerResponse, event: string, data: unknown): void {
    if (response.writableLength > MAX_BACKLOG_BYTES) {
      response.destroy();
      return;
    }
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
