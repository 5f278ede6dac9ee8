/** A bot of a few lines on loopback: keeps what it hears, answers as the test says. */
import { createServer } from 'node:http';
import { listenOnLoopback, readText, stopServer } from '../../../src/local/loopback.ts';
import type { Json } from '../../../src/local/world.ts';

/** One activity that the bot heard. */
export interface Heard {
  readonly activity: Json;
  readonly authorization: string | undefined;
}

/** What it answers: a status and a body, after a while; `hang` never answers. */
export interface Reply {
  readonly status?: number;
  readonly body?: unknown;
  readonly afterMs?: number;
  readonly hang?: boolean;
}

/** Starts the bot; `reply` may be changed by each test. */
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
