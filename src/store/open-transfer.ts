import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { TransferSource, TransferTarget } from './transfer.ts';

/**
 * Opens both ends of a move from the embedded store to SQL Server. Nobody can use the source until
 * it is closed.
 *
 * @throws StoreError with a sentence that says what to do; nothing is left open then.
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
