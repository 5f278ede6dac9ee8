import { dirname, resolve } from 'node:path';
import { sha256 } from '../lib/hash.ts';
import type { ExecutorConfig, Profile, Settings } from './config.ts';
import type { ExecutorSection } from './executor-section.ts';
import type { OperatorPages } from './operator-pages.ts';
import { resolveIssuers } from './resolve-issuers.ts';
import { resolveChannels, resolveTeams } from './resolve-teams.ts';
import type { ProxyConfig } from './proxy-section.ts';
import type { ConfigInput } from './schema.ts';

interface Given {
  readonly input: ConfigInput;
  readonly profile: Profile;
  /** Path of countersign.yaml; other paths are relative to its folder. */
  readonly file: string;
  readonly port: number | undefined;
  readonly proxy: ProxyConfig | null;
  readonly pages: OperatorPages;
  readonly executors: readonly ExecutorSection[];
  readonly references: ReadonlyMap<string, string>;
}

/** The configuration without workflows, with presets, defaults and absolute paths. */
export function resolveConfig(options: Given): Settings {
  const { input, file } = options;
  const { server, store, audit } = input;
  const folder = dirname(file);
  const teams = resolveTeams(input, folder);
  return {
    profile: options.profile,
    server: {
      ...server,
      port: options.port ?? server.port,
      pages: options.pages,
      proxy: options.proxy,
    },
    store: store.kind === 'sqlite' ? { ...store, path: resolve(folder, store.path) } : store,
    teams,
    identity: {
      issuers: resolveIssuers(input, teams, folder),
      implies: Object.fromEntries(
        Object.entries(input.identity.roles).map(([role, { implies }]) => [role, implies]),
      ),
      dpopNonce: input.identity.dpop.nonce,
      links: input.identity.links.map(({ identities }) => identities),
      session: input.identity.session,
    },
    administration: input.administration,
    channels: resolveChannels(input),
    executors: resolveExecutors(options),
    limits: input.limits,
    signing: input.signing,
    audit: {
      origin: audit.origin ?? new URL(server.publicUrl).host,
      sealEveryMs: audit.sealEvery,
      ...(audit.witness ? { witness: resolveWitness(audit.witness, file) } : {}),
    },
  };
}

function resolveWitness(witness: NonNullable<ConfigInput['audit']['witness']>, file: string) {
  if (witness.kind === 'https') return witness;
  return { ...witness, path: resolve(dirname(file), witness.path) };
}

function resolveExecutors(given: Given): Record<string, ExecutorConfig> {
  const { input, executors, references } = given;
  const executorOf = (name: string, section: ConfigInput['executors'][string]): ExecutorConfig => {
    const kind = String(section['kind']);
    const { secrets = [] } = executors.find((one) => one.kind === kind) ?? {};
    const secretRefs = secrets
      .filter((key) => section[key] !== undefined)
      .map((key) => [
        key,
        // A secret in the file has no reference: its hash shows a change without the secret.
        references.get(`executors.${name}.${key}`) ?? `sha256:${sha256(String(section[key]))}`,
      ]);
    return { kind, section, secretRefs: Object.fromEntries(secretRefs) };
  };
  return Object.fromEntries(
    Object.entries(input.executors).map(([name, section]) => [name, executorOf(name, section)]),
  );
}
