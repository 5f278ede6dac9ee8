import { open } from 'node:fs/promises';

/** A projected token is a few KiB. */
const MAX_TOKEN_BYTES = 65_536;
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** How a registration proves itself at Entra, besides a managed identity that asks as itself. */
export type ClientCredential =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'certificate'; readonly thumbprintSha256: string; readonly privateKey: string }
  | FederatedCredential;

/** A token of another issuer that the registration trusts (workload identity federation). */
interface FederatedCredential {
  readonly kind: 'federated';
  /** File with the token, which the platform replaces from time to time. */
  readonly tokenFile: string | null;
  /** Client id of the managed identity whose token it is. */
  readonly managedIdentity: string | null;
  /** What a managed identity's token is for. */
  readonly audience: string;
}

/** A token of a managed identity of this machine. */
export type ManagedToken = (of: { clientId: string; resource: string }) => Promise<string>;

/**
 * The credential in the form of msal. A federated one is fetched anew at each login, because its
 * token lives for an hour or less (RFC 7523 2.2).
 */
export function msalCredential(credential: ClientCredential, managedToken: ManagedToken) {
  switch (credential.kind) {
    case 'secret':
      return { clientSecret: credential.secret };
    case 'certificate':
      return { clientCertificate: credential };
    case 'federated':
      return { clientAssertion: () => assertionOf(credential, managedToken) };
  }
}

async function assertionOf(
  { tokenFile, managedIdentity, audience }: FederatedCredential,
  managedToken: ManagedToken,
): Promise<string> {
  if (tokenFile !== null) return tokenIn(tokenFile);
  if (managedIdentity === null) throw new Error('the federated credential names no token');
  return managedToken({ clientId: managedIdentity, resource: audience });
}

/** The token of a file. Errors name the file, never its content. */
async function tokenIn(path: string): Promise<string> {
  const text = (await firstBytes(path)).trim();
  if (text.length <= MAX_TOKEN_BYTES && TOKEN.test(text)) return text;
  throw new Error(
    `the file ${path} holds no token: the platform must write one there (on Kubernetes the ` +
      'label azure.workload.identity/use, or a projected service account token)',
  );
}

async function firstBytes(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAX_TOKEN_BYTES + 1) });
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the token file ${path} cannot be read: ${reason}`, { cause });
  }
}
