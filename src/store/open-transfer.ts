import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { TransferSource, TransferTarget } from './transfer.ts';

/**
 * Opens source (SQLite) and target (SQL Server) of a move. The source is locked until it is closed.
 *
 * @throws StoreError with a message that says what to do; both are closed then.
 */
export async function openTransfer(options: {
  path: string;
  connectionString: string;
  allowUntrusted: boolean;
  clock: Clock;
  log: Logger;
}): Promise<{ source: TransferSource; target: TransferTarget }> {
  const { openTransferSource } = await import('./sqlite/transfer-source.ts');
  const { openTransferTarget } = await import('./sqlserver/transfer-target.ts');
  const source = openTransferSource(options.path);
  try {
    return { source, target: await openTransferTarget(options) };
  } catch (error) {
    source.close();
    throw error;
  }
}
