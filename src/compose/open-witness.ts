import { fileWitness } from '../audit/witness.ts';
import type { Witness } from '../audit/witness.ts';
import type { Config } from '../config/config.ts';
import { createAddressPolicy } from '../net/addresses.ts';
import { callOnce } from '../net/post-once.ts';
import type { PostResult } from '../net/post-once.ts';
import type { ProxySettings } from '../net/proxy-route.ts';

export type WitnessConfig = NonNullable<Config['audit']['witness']>;

const TIMEOUT_MS = 10_000;
/** Largest answer of a witness, which may leave out its oldest lines. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * The configured witness. With `proxy: true` it is called through the proxy of the server section.
 *
 * @throws Error for an entry of `allowPrivate` that is no host, address or range.
 */
export function openWitness(
  config: WitnessConfig,
  { proxy = null }: { proxy?: ProxySettings | null },
): Witness {
  if (config.kind === 'file') return fileWitness(config.path);
  return httpsWitness(config, config.proxy ? proxy : null);
}

/** GET answers the lines, POST appends one. Nothing is followed and nothing repeated. */
function httpsWitness(
  config: Extract<WitnessConfig, { kind: 'https' }>,
  proxy: ProxySettings | null,
): Witness {
  const { url, authorization } = config;
  const policy = createAddressPolicy(config.allowPrivate);
  const call = async (method: 'GET' | 'POST', body?: string) => {
    const headers = {
      ...(body === undefined ? { accept: 'text/plain' } : { 'content-type': 'application/jose' }),
      ...(authorization === undefined ? {} : { authorization }),
    };
    const limits = { timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES };
    return answerOf(await callOnce({ url, method, headers, body, policy, proxy, ...limits }), url);
  };
  return {
    name: url,
    async read() {
      const { status, body, complete } = await call('GET');
      if (status !== 200) throw new Error(`${url} answered ${status}, not 200`);
      if (!complete) throw new Error(`${url} answered more than ${MAX_ANSWER_BYTES} bytes`);
      return body.split('\n');
    },
    async append(line) {
      const { status } = await call('POST', `${line}\n`);
      if (status < 200 || status > 299) throw new Error(`${url} answered ${status}, not 2xx`);
    },
  };
}

function answerOf(result: PostResult, url: string): Extract<PostResult, { kind: 'answered' }> {
  if (result.kind === 'answered') return result;
  throw new Error(`${url} was not reached (${result.why})`, { cause: result.error });
}
