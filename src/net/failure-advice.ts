/** Codes of Node, undici and OpenSSL, by what has to be mended. */
const BY_CODE: readonly (readonly [pattern: RegExp, change: string])[] = [
  [
    /^ProxyError$/,
    'the proxy does not let it pass: check server.proxy or HTTPS_PROXY, or list the host under noProxy',
  ],
  [
    /^(?:ENOTFOUND|EAI_\w+|ENODATA)$/,
    'the host name is not known here: check its spelling, and the name resolution of this machine',
  ],
  [
    /^(?:CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_)/,
    'the certificate is not trusted here: NODE_EXTRA_CA_CERTS adds a private authority',
  ],
  [
    /^(?:ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EPIPE|ETIMEDOUT|ESOCKET|ETIMEOUT|EPROTO|ERR_SSL_\w+|UND_ERR_(?:CONNECT_TIMEOUT|SOCKET|HEADERS_TIMEOUT|BODY_TIMEOUT)|TimeoutError)$/,
    'nothing answers there from this machine: check the address, the firewall and the proxy',
  ],
];
const MAX_DEPTH = 6;

/**
 * What to do about a call that failed on the way to its target; undefined where it was answered, so
 * that no network is blamed for an answer.
 */
export function networkAdvice(error: unknown): string | undefined {
  const codes = codesOf(error);
  return BY_CODE.find(([pattern]) => codes.some((code) => pattern.test(code)))?.[1];
}

/** Names and codes of an error with its causes, also those of several tried addresses. */
function codesOf(error: unknown, depth = 0): readonly string[] {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return [];
  const { code, name, cause, errors } = error as Record<string, unknown>;
  const own = [code, name].filter((one) => typeof one === 'string');
  const inner = [cause, ...(Array.isArray(errors) ? errors.slice(0, 8) : [])];
  return [...own, ...inner.flatMap((one) => codesOf(one, depth + 1))];
}
