/** The local Bot Connector. */
import type { ConnectorOptions, LocalConnector } from './connector/types.ts';

export type { ConnectorOptions, LocalConnector } from './connector/types.ts';

/** Starts the connector on 127.0.0.1; see `LocalConnector` for what it gives. */
export async function startConnector(options: ConnectorOptions): Promise<LocalConnector> {
  throw new Error(`being written ${options.port}`);
}
