import { StoreError } from '../usecases/ports/store-error.ts';

/**
 * Why a connection string of SQL Server cannot be used, without connecting; undefined where it can.
 * `allowUntrusted` as in `openStore`.
 */
export async function connectionProblem(
  connectionString: string,
  { allowUntrusted }: { allowUntrusted: boolean },
): Promise<string | undefined> {
  const { poolConfig } = await import('./sqlserver/connection.ts');
  const timing = { connectTimeoutMs: 1, requestTimeoutMs: 1, maxWaitMs: 1 };
  try {
    poolConfig({ connectionString, allowUntrusted, timing });
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
}
