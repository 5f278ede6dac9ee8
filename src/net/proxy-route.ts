import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The proxy for calls that leave the machine. */
export interface ProxySettings {
  /** Its address, http or https; may hold user and password (Basic). */
  readonly url: string;
  /**
   * Targets that are reached without it: host names with their subdomains (`contoso.example`,
   * `.contoso.example`, `*.contoso.example`), addresses, CIDR ranges, each with or without a port;
   * `*` for all.
   */
  readonly noProxy: readonly string[];
}

export interface ProxyTarget {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * The proxy for an https target; undefined: it is reached directly. Always direct are this machine
 * and link-local addresses, where the metadata services of clouds are.
 */
export function proxyFor(
  settings: ProxySettings | null | undefined,
  { host, port }: ProxyTarget,
): URL | undefined {
  if (!settings) return undefined;
  const name = host.toLowerCase().replace(/\.$/, '');
  if (staysHere(name)) return undefined;
  if (settings.noProxy.some((entry) => covers(entry.toLowerCase(), name, port))) return undefined;
  return new URL(settings.url);
}

/** The address of a proxy without its user and password, for messages. */
export function shownProxy(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

function staysHere(name: string): boolean {
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (isIP(name) === 0) return false;
  return ['loopback', 'linkLocal', 'unspecified'].includes(ipaddr.process(name).range());
}

function covers(entry: string, name: string, port: number): boolean {
  if (entry === '*') return true;
  const [, bracketed, plain, givenPort] =
    /^(?:\[([^\]]+)\]|([^:]+|[^:]*:[^:]*:.*?))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const pattern = bracketed ?? plain ?? '';
  if (givenPort !== undefined && Number(givenPort) !== port) return false;
  if (isIP(name) !== 0) return coversAddress(pattern, name);
  const domain = pattern.replace(/^\*?\./, '');
  return domain !== '' && (name === domain || name.endsWith(`.${domain}`));
}

function coversAddress(pattern: string, name: string): boolean {
  const address = ipaddr.process(name);
  if (ipaddr.isValidCIDR(pattern)) {
    const [base, bits] = ipaddr.parseCIDR(pattern);
    return base.kind() === address.kind() && address.match(base, bits);
  }
  return isIP(pattern) !== 0 && ipaddr.process(pattern).toString() === address.toString();
}
