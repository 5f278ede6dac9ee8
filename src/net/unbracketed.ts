/** A host as `URL.hostname` gives it, without the brackets of an IPv6 address (RFC 3986 3.2.2). */
export function unbracketed(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
