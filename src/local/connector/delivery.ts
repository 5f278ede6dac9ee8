/** Sends activities to the bot over HTTP, and repeats them as Teams does. */
import { Agent, request } from 'node:http';
import { readText } from '../loopback.ts';
import type { Json } from '../world.ts';
import type { ConnectorSettings, PostAnswer } from './types.ts';

const ANSWER_BYTES = 1_048_576;
const PARALLEL = 64;

/** The result of an invoke. */
export type InvokeResult =
  | { readonly kind: 'answer'; readonly answer: PostAnswer }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** The connection to the bot. */
export type Delivery = ReturnType<typeof openDelivery>;

/** Creates the connection. `token` gives the channel token of an activity. */
export function openDelivery(options: ConnectorSettings & { token: () => Promise<string> }) {
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
  /** Sends anything as one POST; `token: null` sends no Authorization header. */
  const post = async (body: unknown, token?: string | null) => {
    const bearer = token === undefined ? await options.token() : token;
    const answer = await send({
      agent,
      url: options.botEndpoint(),
      bearer,
      timeoutMs: options.giveUpAfterMs,
      text: typeof body === 'string' ? body : JSON.stringify(body),
    });
    options.log(`to bot: ${describe(body)} answered ${answer.status}`);
    return answer;
  };
  return {
    post,
    /** Sends an invoke, and sends it again without an answer in time; the first answer counts. */
    invoke(activity: Json): Promise<InvokeResult> {
      return new Promise((resolve) => {
        let underWay = 0;
        const settle = (invoked: InvokeResult) => {
          clearTimeout(again);
          clearTimeout(end);
          resolve(invoked);
        };
        const attempt = () => {
          underWay += 1;
          post(activity).then(
            (answer) => settle({ kind: 'answer', answer }),
            (error: unknown) => {
              underWay -= 1;
              const reason = error instanceof Error ? error.message : String(error);
              options.log(`to bot: ${describe(activity)} failed: ${reason}`);
              if (underWay === 0) settle({ kind: 'unreachable', reason });
            },
          );
        };
        const again = setTimeout(attempt, options.resendAfterMs);
        const end = setTimeout(() => settle({ kind: 'timeout' }), options.giveUpAfterMs);
        attempt();
      });
    },
    /** Sends an activity that is not an invoke; rejects when the bot refuses it. */
    async tell(activity: Json): Promise<void> {
      const { status } = await post(activity);
      if (status < 200 || status > 299) {
        throw new Error(`the bot answered ${status} to ${String(activity.type)}`);
      }
    },
    stop: () => agent.destroy(),
  };
}

function send(options: {
  agent: Agent;
  url: string;
  bearer: string | null;
  text: string;
  timeoutMs: number;
}): Promise<PostAnswer> {
  const { agent, url, bearer, text, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(text),
          ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (incoming) => {
        readText(incoming, ANSWER_BYTES)
          .then((answer) => {
            if (answer === undefined) throw new Error('the bot answered too much');
            const headers = Object.fromEntries(
              Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
            );
            resolve({ status: incoming.statusCode ?? 0, headers, body: parsed(answer) });
          })
          .catch(reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if ((error as { name?: unknown } | null)?.name !== 'SyntaxError') throw error;
    return text;
  }
}

function describe(body: unknown): string {
  const { type, name } = (body ?? {}) as { type?: unknown; name?: unknown };
  return typeof name === 'string' ? `${String(type)} ${name}` : String(type);
}
