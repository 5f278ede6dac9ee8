import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { unbracketed } from './unbracketed.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Ranges of private networks: a name on the allow-list allows these. */
const PRIVATE_RANGES = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/**
 * Metadata services of cloud machines, which answer with credentials. Only an entry with the
 * address or its range allows them, although their ranges are private or even public.
 */
const METADATA = new Set([
  '169.254.169.254',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
]);

/** The publicly routed part of IPv6 (RFC 4291, section 2.5.4), without ::/96 and others. */
const GLOBAL = ipaddr.parse('2000::');

/** The policy of allowed addresses. */
export interface AddressPolicy {
  /** Whether `hostname` may use `address`; false for text that is not an address. */
  allows(hostname: string, address: string): boolean;
  /**
   * Judges a name that a proxy looks up: false for one that is internal by its form, and for an
   * address that is not allowed.
   */
  allowsName(hostname: string): boolean;
}

/**
 * Creates the policy of an executor. It allows public unicast addresses and the entries of
 * `allowPrivate`: an exact host name allows private and loopback addresses for that name; an
 * address or CIDR range allows itself.
 *
 * @throws Error for an entry that is none of these.
 */
export function createAddressPolicy(allowPrivate: readonly string[]): AddressPolicy {
  const names = new Set<string>();
  const ranges: [Address, number][] = [];
  for (const entry of allowPrivate) {
    const range = parseRange(entry);
    if (range !== undefined) ranges.push(range);
    else if (isHostName(entry)) names.add(entry.toLowerCase());
    else throw new Error(`allowPrivate: "${entry.slice(0, 80)}" is no host, address or CIDR range`);
  }
  const allows = (hostname: string, text: string) => {
    if (isIP(text) === 0) return false;
    const address = plain(ipaddr.parse(text));
    if (ranges.some(([base, bits]) => inRange(address, base, bits))) return true;
    if (METADATA.has(address.toString())) return false;
    const kind = address.range();
    if (kind === 'unicast') return address.kind() === 'ipv4' || inRange(address, GLOBAL, 3);
    return PRIVATE_RANGES.has(kind) && names.has(bare(hostname));
  };
  return {
    allows,
    allowsName: (hostname) =>
      isIP(hostname) === 0
        ? names.has(bare(hostname)) || !isInternalName(hostname)
        : allows(hostname, hostname),
  };
}

const bare = (hostname: string) => hostname.toLowerCase().replace(/\.$/, '');

/** Suffixes of names inside a network: RFC 6761, 6762, 8375, 9476, ICANN's `internal`, Kubernetes. */
const INTERNAL = /\.(?:localhost|local|internal|intranet|private|corp|home|lan|svc|home\.arpa)$/;

/** Whether a name is internal by its form: one label, or a suffix of networks of one's own. */
export function isInternalName(hostname: string): boolean {
  const name = bare(hostname);
  return !name.includes('.') || INTERNAL.test(name);
}

/** The IPv4 address embedded in an IPv6 address (mapped, or NAT64 of RFC 6052). */
function plain(address: Address): Address {
  if (address.kind() === 'ipv4') return address;
  const v6 = address as ipaddr.IPv6;
  if (v6.isIPv4MappedAddress()) return v6.toIPv4Address();
  if (v6.range() === 'rfc6052') return new ipaddr.IPv4(v6.toByteArray().slice(12));
  return v6;
}

function inRange(address: Address, base: Address, bits: number): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}

function parseRange(entry: string): [Address, number] | undefined {
  if (ipaddr.isValidCIDR(entry)) {
    return ipaddr.parseCIDR(entry);
  }
  const text = unbracketed(entry);
  if (!ipaddr.IPv6.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function isHostName(text: string): boolean {
  const label = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i;
  return text.length <= 253 && text.split('.').every((part) => label.test(part));
}
