import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  answerTokens,
  attentionTokens,
  errorTokens,
  loginTokens,
  packet,
  preloginPayload,
  readPackets,
} from './tds-tokens.ts';
import type { DoubleRow } from './tds-tokens.ts';
import { overTls } from './tds-tls.ts';
import type { ServerTls } from './tds-tls.ts';

/** What the double does. `cut`: ends the connection; `reset`: breaks it; `silence`: no answer. */
export type Answer =
  | { readonly rows: readonly DoubleRow[] }
  | { readonly tokens: Buffer }
  | { readonly error: number; readonly message?: string }
  | 'cut'
  | 'reset'
  | 'silence';

export interface TdsDouble {
  readonly port: number;
  /** A connection string for it. */
  readonly connectionString: string;
  /** All received statements in order: text and parameters as on the wire. */
  readonly asked: readonly string[];
  /** The number of logins so far. */
  logins(): number;
  /** Breaks all open connections. */
  cutAll(): void;
  stop(): Promise<void>;
}

/** A connection, and the stream of its messages: itself, or TLS on it. */
interface Line {
  readonly socket: Socket;
  readonly line: Duplex;
}

const PRELOGIN = 0x12;
const LOGIN = 0x10;
const ATTENTION = 0x06;

/**
 * A server with the part of TDS (MS-TDS 2.2) that a client needs for logins, rows and errors. It
 * knows no SQL: `answer` gives the answer to each statement, `login` to each login. With `tls` it
 * accepts logins over TLS alone; `prelogin` replaces its answer about encryption.
 */
export async function startTdsDouble(script: {
  answer: (statement: string) => Answer;
  login?: () => Answer;
  prelogin?: (socket: Socket) => void;
  tls?: ServerTls;
}): Promise<TdsDouble> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  let logins = 0;
  const reply = (
    { socket, line }: Line,
    answer: Answer,
    tokens: (rows: readonly DoubleRow[]) => Buffer,
  ) => {
    if (answer === 'silence') return;
    if (answer === 'cut') socket.destroy();
    else if (answer === 'reset') socket.resetAndDestroy();
    else if ('error' in answer) line.write(packet(errorTokens(answer.error, answer.message)));
    else line.write(packet('tokens' in answer ? answer.tokens : tokens(answer.rows)));
  };
  const serve = (on: Line) =>
    readPackets(on.line, (type, payload) => {
      if (type === PRELOGIN) {
        if (script.prelogin) script.prelogin(on.socket);
        else on.socket.write(packet(preloginPayload(script.tls ? 1 : 2)));
        if (!script.tls) return;
        on.socket.removeAllListeners('data');
        serve({ socket: on.socket, line: overTls(on.socket, script.tls) });
      } else if (type === LOGIN) {
        logins += 1;
        reply(on, script.login?.() ?? { rows: [] }, loginTokens);
      } else if (type === ATTENTION) on.line.write(packet(attentionTokens()));
      else {
        // Latin text in UTF-16 in either alignment: every second byte is 0.
        const statement = payload.toString('latin1').replaceAll('\0', '');
        asked.push(statement);
        reply(on, script.answer(statement), (rows) => answerTokens(rows));
      }
    });
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Some tests make the client break the connection.
    socket.on('error', () => socket.destroy());
    serve({ socket, line: socket });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cutAll = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    port,
    asked,
    cutAll,
    connectionString: `Server=127.0.0.1,${port};Database=double;User Id=sa;Password=secret;Encrypt=false`,
    logins: () => logins,
    stop: () =>
      new Promise((resolve) => {
        cutAll();
        server.close(() => resolve());
      }),
  };
}
