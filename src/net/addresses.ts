import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Ranges that belong to somebody's own network: a name on the allow-list opens these. */
const PRIVATE_RANGES = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/**
 * Services of cloud machines that answer with credentials, in ranges that would else be private or
 * even public: they open only to an entry that names the address or its range itself.
 */
const METADATA = new Set([
  '169.254.169.254',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
]);

/** All of IPv6 that is routed in public (RFC 4291 section 2.5.4); ::/96 and others are not. */
const GLOBAL = ipaddr.parse('2000::');

/** Decides which addresses may be connected to. */
export interface AddressPolicy {
  /** Whether `address` may be used for `hostname`; text that is no address never may. */
  allows(hostname: string, address: string): boolean;
}

/**
 * The policy of an executor: public unicast addresses, and of the others those that `allowPrivate`
 * opens: an exact host name opens private and loopback addresses for that name, an address or CIDR
 * range opens itself, whatever it is.
 *
 * @throws Error where an entry is neither.
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
  return {
    allows(hostname, text) {
      if (isIP(text) === 0) return false;
      const address = plain(ipaddr.parse(text));
      if (ranges.some(([base, bits]) => inRange(address, base, bits))) return true;
      if (METADATA.has(address.toString())) return false;
      const kind = address.range();
      if (kind === 'unicast') return address.kind() === 'ipv4' || inRange(address, GLOBAL, 3);
      return PRIVATE_RANGES.has(kind) && names.has(hostname.toLowerCase().replace(/\.$/, ''));
    },
  };
}

/** The IPv4 address inside an IPv6 one that stands for it (mapped, or NAT64 of RFC 6052). */
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
    const [base, bits] = ipaddr.parseCIDR(entry);
    return [base, bits];
  }
  const bare = entry.replace(/^\[(.*)\]$/, '$1');
  if (!ipaddr.IPv6.isValid(bare) && !ipaddr.IPv4.isValidFourPartDecimal(bare)) return undefined;
  const address = ipaddr.parse(bare);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function isHostName(text: string): boolean {
  const label = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i;
  return text.length <= 253 && text.split('.').every((part) => label.test(part));
}
