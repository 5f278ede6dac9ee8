import { z } from 'zod';
import type { Report } from './report.ts';
import { lineSchema, uniqueList } from './schema-parts.ts';

/** The section `server.proxy`: an address, or `none` against the environment's. */
export const proxySchema = z
  .union([
    z.literal('none'),
    z.strictObject({
      url: z
        .string()
        .max(2_000)
        .refine(isProxyUrl, { error: 'an address such as http://proxy.example:3128' })
        .describe('The proxy; user and password in it are sent as Basic'),
      noProxy: uniqueList(lineSchema(255), 100)
        .default([])
        .describe('Hosts (with their subdomains), addresses and CIDR ranges reached directly'),
    }),
  ])
  .describe('The way out; default: HTTPS_PROXY and NO_PROXY of the environment');

export type ProxySection = z.output<typeof proxySchema>;

/** The proxy that calls use; null: none. */
export interface ProxyConfig {
  readonly url: string;
  readonly noProxy: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy by the section, or else by HTTPS_PROXY and NO_PROXY (upper or lower case, the latter
 * separated by commas or blanks). The local profile stays on this machine, so it takes none from the
 * environment.
 */
export function resolveProxy(
  section: ProxySection | undefined,
  { env, local, report }: { env: Environment; local: boolean; report: Report },
): ProxyConfig | null {
  if (section === 'none') return null;
  if (section !== undefined) return section;
  if (local) return null;
  const url = env['HTTPS_PROXY'] || env['https_proxy'] || '';
  if (url !== '' && !isProxyUrl(url)) {
    // Without the value, which may hold a password.
    report(
      ['server', 'proxy'],
      'wrong_value',
      'HTTPS_PROXY in the environment',
      'an address such as http://proxy.example:3128, or proxy: none',
    );
    return null;
  }
  return proxyOfEnvironment(env);
}

/** The proxy that the environment names; null without a usable one. */
export function proxyOfEnvironment(env: Environment): ProxyConfig | null {
  const url = env['HTTPS_PROXY'] || env['https_proxy'] || '';
  if (!isProxyUrl(url)) return null;
  const noProxy = env['NO_PROXY'] || env['no_proxy'] || '';
  return { url, noProxy: noProxy.split(/[\s,]+/).filter((entry) => entry !== '') };
}

function isProxyUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return false;
  return url.pathname === '/' && url.search + url.hash === '';
}
