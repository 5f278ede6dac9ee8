import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request that the target received. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A webhook target on loopback; `answer` answers each request. */
export interface Target {
  readonly port: number;
  readonly received: Received[];
  answer: (response: ServerResponse, request: IncomingMessage) => void;
  stop(): Promise<void>;
}

/** Starts a target that answers 204 by default. */
export async function startTarget(): Promise<Target> {
  const sockets = new Set<Socket>();
  const target: Target = {
    port: 0,
    received: [],
    answer: (response) => void response.writeHead(204).end(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      target.received.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString(),
      });
      target.answer(response, request);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(target, { port: (server.address() as AddressInfo).port });
}

/** Answers with a status, headers and a body. */
export function reply(
  status: number,
  body: unknown = '',
  headers: Record<string, string> = {},
): Target['answer'] {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return (response) => void response.writeHead(status, headers).end(text);
}
