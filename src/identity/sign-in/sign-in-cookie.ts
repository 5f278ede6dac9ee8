/**
 * The cookie that binds a sign-in to its browser. `__Host-` (RFC 6265bis 4.1.3.2) prevents other
 * hosts of the domain from setting it. SameSite=Lax sends it with the provider's redirect.
 */
const NAME = '__Host-countersign-signin';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const VALUE = /^[A-Za-z0-9_-]{43}$/;

/** The Set-Cookie value for a secret of 32 bytes. */
export function signInCookie(secret: string, maxAgeMs: number): string {
  return `${NAME}=${secret}; ${ATTRIBUTES}; Max-Age=${Math.floor(maxAgeMs / 1_000)}`;
}

/** The Set-Cookie value that deletes the cookie. */
export function clearedSignInCookie(): string {
  return `${NAME}=; ${ATTRIBUTES}; Max-Age=0`;
}

/** The secret in a Cookie header; undefined if there is none, or more than one. */
export function readSignInCookie(header: string | undefined): string | undefined {
  const found = (header ?? '')
    .slice(0, 8_192)
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`));
  const value = found.length === 1 ? found[0]?.slice(NAME.length + 1) : undefined;
  return value !== undefined && VALUE.test(value) ? value : undefined;
}
