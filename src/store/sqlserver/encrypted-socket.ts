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

/** What tedious calls for each connection, also where a server sends it on to another one. */
export type Connector = (to: Target, lookup: Lookup, signal: AbortSignal) => Promise<Socket>;

/**
 * Connections that are encrypted or break, for tedious' option `connector`: it stands in for
 * tedious' own two (one address after another, or all of them `inParallel` where
 * MultiSubnetFailover asks for it), which have no such guard.
 */
export function encryptedConnector({ inParallel }: { inParallel: boolean }): Connector {
  return async (to, lookup, signal) => {
    const addresses = await addressesOf(to.host, lookup, signal);
    const connect = inParallel ? connectToAnyAtOnce : connectInTurn;
    return connect(
      addresses.map(({ address }) => ({ ...to, host: address })),
      signal,
    );
  };
}

/** A socket whose guard sees every byte before whoever reads it, and before the wire. */
class EncryptedSocket extends Socket {
  readonly #guard = createEncryptionGuard();

  /** What node calls with all that comes. Were it not, the guard would let nothing more out. */
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
    if (
      this.#allowed(
        chunks.map(({ chunk }) => chunk),
        done,
      )
    )
      super._writev?.(chunks, done);
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
    // Whoever aborts gives the error, as everywhere in tedious.
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
  throw new AggregateError(errors, 'No address of the server takes a connection');
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
    // Before node tells of a second one: promises go first.
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
    // Its own fault may still come, after an abort: nobody else is there to take it.
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  }
}
