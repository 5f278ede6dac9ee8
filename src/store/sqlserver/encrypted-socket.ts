import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { domainToASCII } from 'node:url';
import { createEncryptionGuard } from './encryption-guard.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string | undefined;
}

type Lookup = (
  host: string,
  options: { all: true },
  found: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** The `connector` of tedious: called for each connection, redirects included. */
export type Connector = (to: Target, lookup: Lookup, signal: AbortSignal) => Promise<Socket>;

/**
 * A connector for tedious that closes a connection which is not encrypted. Replaces both connectors of
 * tedious: one address after another, or all `inParallel` for MultiSubnetFailover.
 */
export function encryptedConnector({ inParallel }: { inParallel: boolean }): Connector {
  return async (to, lookup, signal) => {
    const addresses = await addressesOf(to.host, lookup, signal);
    const targets = addresses.map(({ address }) => ({ ...to, host: address }));
    return inParallel ? connectToAnyAtOnce(targets, signal) : connectInTurn(targets, signal);
  };
}

/** A socket whose guard checks every byte before it is read or sent. */
class EncryptedSocket extends Socket {
  readonly #guard = createEncryptionGuard();

  /** Node calls it with all received data. If it did not, the guard would block all sending. */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null) return super.push(chunk, encoding);
    try {
      const verified = this.#guard.received(chunk as Buffer);
      return verified === undefined || super.push(verified);
    } catch (error) {
      this.destroy(error as Error);
      return false;
    }
  }

  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    if (this.#allowed([chunk], done)) super._write(chunk, encoding, done);
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void {
    const sent = chunks.map(({ chunk }) => chunk);
    if (this.#allowed(sent, done)) super._writev?.(chunks, done);
  }

  #allowed(chunks: readonly unknown[], done: Done): boolean {
    try {
      for (const chunk of chunks) this.#guard.sent(chunk);
      return true;
    } catch (error) {
      done(error as Error);
      return false;
    }
  }
}

type Done = (error?: Error | null) => void;

async function addressesOf(
  host: string,
  lookup: Lookup,
  signal: AbortSignal,
): Promise<readonly LookupAddress[]> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    // On abort, reject with the signal's reason, as tedious does.
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    lookup(domainToASCII(host) || host, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses);
    });
  });
}

async function connectInTurn(targets: readonly Target[], signal: AbortSignal): Promise<Socket> {
  const errors: unknown[] = [];
  for (const target of targets) {
    try {
      return await open(target, signal);
    } catch (error) {
      signal.throwIfAborted();
      errors.push(error);
    }
  }
  throw new AggregateError(errors, 'No address of the server accepts a connection');
}

async function connectToAnyAtOnce(
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<Socket> {
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  try {
    return await Promise.any(targets.map((target) => open(target, either)));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    // Runs before the next connect event: promise callbacks go first.
    settled.abort();
  }
}

async function open(target: Target, signal: AbortSignal): Promise<Socket> {
  const socket = new EncryptedSocket();
  try {
    const connected = once(socket, 'connect', { signal });
    socket.connect({ ...target });
    await connected;
    return socket;
  } catch (error) {
    // After an abort, the socket may still emit an error, which nobody else handles.
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  }
}
