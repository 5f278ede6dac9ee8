/** A minimal bot on loopback: records activities, and answers as the test configures it. */
import { createServer } from 'node:http';
import { listenOnLoopback, readText, stopServer } from '../../../src/local/loopback.ts';
import type { Json } from '../../../src/local/world.ts';

/** A received activity. */
export interface Heard {
  readonly activity: Json;
  readonly authorization: string | undefined;
}

/** Its answer: status and body, after a delay; `hang` never answers. */
export interface Reply {
  readonly status?: number;
  readonly body?: unknown;
  readonly afterMs?: number;
  readonly hang?: boolean;
}

/** Starts the bot; a test may change `reply`. */
export async function startTinyBot() {
  const bot = {
    url: '',
    heard: [] as Heard[],
    reply: (_activity: Json): Reply => ({}),
    stop: () => stopServer(server),
  };
  const server = createServer((req, res) => {
    void readText(req, 1_048_576).then((text) => {
      const activity = JSON.parse(text ?? '') as Json;
      bot.heard.push({ activity, authorization: req.headers.authorization });
      const { status = 200, body, afterMs = 0, hang = false } = bot.reply(activity);
      if (hang) return;
      setTimeout(() => {
        res.writeHead(status, { 'content-type': 'application/json' });
        res.end(body === undefined ? '' : JSON.stringify(body));
      }, afterMs);
    });
  });
  bot.url = `${await listenOnLoopback(server, 0)}/api/messages`;
  return bot;
}
