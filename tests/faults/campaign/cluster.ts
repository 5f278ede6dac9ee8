import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { startLocalParts } from '../../../src/local/profile.ts';
import type { LocalParts } from '../../../src/local/profile.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { openSqlServerStore } from '../../../src/store/sqlserver/store.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import { writeConfig } from '../../support/local-world.ts';
import { serviceProcess } from '../../support/service-process.ts';
import type { ServiceProcess } from '../../support/service-process.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { LONG_TIMING, createScratch } from '../../store/support/open-sqlserver.ts';
import { freePorts } from '../../support/free-ports.ts';
import { startBalancer } from './balancer.ts';
import { watchBoard } from './board.ts';
import type { Board } from './board.ts';
import { roomChannels, roomsConfig } from './rooms.ts';

export interface ClusterOptions {
  readonly replicas: number;
  readonly rooms: number;
  readonly store: 'sqlite' | 'sqlserver';
  /** How long a dead replica keeps the leases of its jobs; absent: as in production. */
  readonly leaseMs?: number;
  readonly limits?: 'on' | 'off';
}

/** Several processes of the service on one database, behind a load balancer. */
export interface Cluster {
  readonly world: LocalParts;
  readonly replicas: readonly Replica[];
  readonly board: Board;
  /** The connection to the database; undefined where it is a file. */
  readonly line: TcpProxy | undefined;
  /** The database by a connection of its own, which no fault touches. */
  readonly store: Store;
  /** Calls of the bot that were answered 429. */
  refusedForRate(): number;
  stop(): Promise<void>;
}

export interface Replica {
  readonly process: ServiceProcess;
  readonly url: string;
}

type Stop = () => Promise<unknown>;

/** Starts everything. Where a part cannot start, stops the others and rejects. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const stops: Stop[] = [];
  const stop = async () => {
    for (const undo of stops.splice(0).reverse()) await undo();
  };
  try {
    return { ...(await startAll(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(options: ClusterOptions, stops: Stop[]): Promise<Omit<Cluster, 'stop'>> {
  const { rooms, limits = 'on' } = options;
  const home = await mkdtemp(join(tmpdir(), 'countersign-cluster-'));
  stops.push(() => rm(home, { recursive: true, force: true }));
  const server = options.store === 'sqlserver' ? await serverOf(stops) : undefined;
  let refused = 0;
  const world = await startLocalParts({
    home,
    limits,
    channels: roomChannels(rooms),
    resendAfterMs: 60_000,
    configPath: await writeConfig(home, roomsConfig(rooms, options.store)),
    log: (line) => {
      if (line.endsWith(': 429')) refused += 1;
    },
  });
  stops.push(() => world.stop());
  for (const id of ['ingrid', 'rafael']) {
    world.people.find((person) => person.id === id)?.roles.push('approver');
  }
  const replicas = await startReplicas(options, { world, home, stops, line: server?.env ?? {} });
  const given = { clock: systemClock, log: silentLogger };
  const store =
    server === undefined
      ? await openSqliteStore({ ...given, path: world.env['LOCAL_STORE'] ?? '' })
      : await openSqlServerStore({ ...given, ...server.options, allowUntrusted: true });
  stops.push(() => store.close());
  await world.connector.install();
  const board = watchBoard(world.connector, 'rafael');
  stops.push(async () => board.stop());
  return { world, replicas, board, store, line: server?.proxy, refusedForRate: () => refused };
}

async function startReplicas(
  options: ClusterOptions,
  given: {
    world: LocalParts;
    home: string;
    stops: Stop[];
    line: Readonly<Record<string, string>>;
  },
): Promise<readonly Replica[]> {
  const { world, home, stops } = given;
  const replicas: Replica[] = [];
  for (let at = 0; at < options.replicas; at += 1) {
    const port = await freePorts();
    const process = serviceProcess({
      configPath: world.configPath,
      cache: join(home, 'compiled'),
      env: { ...world.env, ...given.line, LOCAL_PORT: String(port) },
      ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
    });
    stops.push(() => process.stop());
    replicas.push({ process, url: `http://127.0.0.1:${port}` });
  }
  await Promise.all(replicas.map(({ process }) => process.start()));
  const balancer = await startBalancer({
    port: Number(new URL(world.url).port),
    ports: replicas.map(({ url }) => Number(new URL(url).port)),
  });
  stops.push(() => balancer.stop());
  return replicas;
}

/** A new database for this run, and a proxy to it that can break connections. */
async function serverOf(stops: Stop[]) {
  const scratch = await createScratch();
  stops.push(() => scratch.drop());
  const { connectionString } = scratch;
  const [, host = '127.0.0.1', port = '1433'] =
    /(?:server|data source)\s*=\s*(?:tcp:)?([^,;]+)(?:,(\d+))?/i.exec(connectionString) ?? [];
  const proxy = await startTcpProxy({ host, port: Number(port) });
  stops.push(() => proxy.stop());
  const through = connectionString.replace(
    /(server|data source)\s*=[^;]*/i,
    `Server=127.0.0.1,${proxy.port}`,
  );
  // On a slow server the first query of a connection compiles for seconds.
  const env = { CAMPAIGN_SQLSERVER: `${through};Connect Timeout=60;Command Timeout=30` };
  return { options: { connectionString, ...LONG_TIMING }, proxy, env };
}
