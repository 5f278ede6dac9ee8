/**
 * Whether tokens may be sent to, and activities taken from, a service URL: https, no credentials,
 * query or fragment, and a host of the list. `*.` at the start of a host stands for one label.
 * `http` is taken for loopback addresses only, and only where the local profile allows it.
 */
export function isAllowedServiceUrl(
  url: string,
  rules: { hosts: readonly string[]; allowLoopbackHttp: boolean },
): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, hostname, username, password, search, hash } = new URL(url);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false;
  const plain = protocol === 'http:' && rules.allowLoopbackHttp && isLoopback(hostname);
  if (protocol !== 'https:' && !plain) return false;
  return rules.hosts.some((allowed) => matches(host, allowed.toLowerCase()));
}

/** The same address without the slash that some senders end it with. */
export function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}

function matches(host: string, allowed: string): boolean {
  if (!allowed.startsWith('*.')) return host === allowed;
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot) === allowed.slice(1);
}

function isLoopback(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost';
}
