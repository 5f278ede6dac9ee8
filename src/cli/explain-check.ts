import type { Config, IssuerConfig } from '../config/config.ts';
import { valueAt } from '../config/known-keys.ts';
import { formatPath } from '../config/problem.ts';
import type { Path } from '../config/problem.ts';
import type { YamlSource } from '../config/yaml-source.ts';
import { roleValues } from '../identity/tokens/role-claim.ts';
import type { CheckName } from '../identity/inspect/inspect-checks.ts';

/** A line of countersign.yaml that decided a check or a role. */
export interface ConfigLine {
  readonly file: string;
  readonly line: number;
  /** Such as `identity.issuers[0].audience`. */
  readonly path: string;
  /** The key is not in the file, so its default decided; the line is that of the parent. */
  readonly isDefault: boolean;
}

/** Keys of an issuer that decide a check; the first one in the file is reported. */
const ISSUER_KEYS: Readonly<Partial<Record<CheckName, readonly string[]>>> = {
  issuer: ['issuer', 'tenants', 'tenant', 'kind'],
  algorithm: ['algorithms'],
  key: ['discoveryUrl', 'issuer', 'kind'],
  signature: ['discoveryUrl', 'issuer', 'kind'],
  tenant: ['tenants', 'tenant'],
  audience: ['audience'],
  expiry: ['clockTolerance'],
  'not-before': ['clockTolerance'],
  'issued-at': ['clockTolerance'],
  age: ['maxAge'],
  kind: ['use'],
  roles: ['roles'],
  claims: ['claims'],
  groups: ['groupLookup'],
  principal: ['teams'],
};

/** The line that decided a check; undefined for a check that no line decides, such as the form. */
export function lineOfCheck(
  check: CheckName,
  given: { config: Config; source: YamlSource; issuer: string | null; singleSignOn: boolean },
): ConfigLine | undefined {
  const { config, source, singleSignOn } = given;
  const at = config.identity.issuers.findIndex(({ id }) => id === given.issuer);
  if (singleSignOn && check === 'single-sign-on') {
    return lineOf(source, ['teams', 'singleSignOn'], ['scope', 'clients']);
  }
  if (singleSignOn && check === 'audience') {
    return lineOf(source, ['teams', 'singleSignOn'], ['audiences', 'resource']);
  }
  if (at < 0) return check === 'issuer' ? lineOf(source, ['identity'], ['issuers']) : undefined;
  const keys = ISSUER_KEYS[check];
  return keys && lineOf(source, ['identity', 'issuers', at], keys);
}

/** Where a role comes from. */
export interface RoleSource extends ConfigLine {
  readonly role: string;
  /** `roles = Countersign.Approver`, or `implied by security-lead`. */
  readonly because: string;
}

/** The source of each role of a principal: a mapped claim, or another role that implies it. */
export function sourcesOfRoles(
  roles: readonly string[],
  given: {
    config: Config;
    source: YamlSource;
    issuer: string;
    claims: Readonly<Record<string, unknown>>;
  },
): RoleSource[] {
  const { config, source, claims } = given;
  const at = config.identity.issuers.findIndex(({ id }) => id === given.issuer);
  const found = new Map<string, RoleSource>();
  const add = (role: string, because: string, line: ConfigLine) => {
    if (roles.includes(role) && !found.has(role)) found.set(role, { role, because, ...line });
  };
  config.identity.issuers[at]?.roles.forEach((mapping, index) => {
    const { claim, map } = mapping;
    const block: Path = ['identity', 'issuers', at];
    for (const one of roleValues(claims, mapping)) {
      const mapped = map === null ? [one] : Object.hasOwn(map, one) ? (map[one] ?? []) : [];
      const path: Path = [
        ...block,
        'roles',
        index,
        ...(map === null ? [nameKey(mapping)] : ['map', one]),
      ];
      for (const role of mapped) add(role, `${claim} = ${one}`, exactLine(source, path));
    }
  });
  // An implied role may imply others in turn: one round for each role is enough.
  for (let round = 0; round < roles.length; round += 1) {
    for (const role of [...found.keys()]) {
      for (const next of config.identity.implies[role] ?? []) {
        add(next, `implied by ${role}`, exactLine(source, ['identity', 'roles', role, 'implies']));
      }
    }
  }
  return [...found.values()];
}

function nameKey({ path }: IssuerConfig['roles'][number]): 'claim' | 'path' {
  return path === undefined ? 'claim' : 'path';
}

function lineOf(source: YamlSource, block: Path, keys: readonly string[]): ConfigLine {
  const there = keys.find((key) => valueAt(source.data, [...block, key]) !== undefined);
  return exactLine(source, [...block, there ?? keys[0] ?? '']);
}

function exactLine(source: YamlSource, path: Path): ConfigLine {
  const isDefault = valueAt(source.data, path) === undefined;
  const { file, line } = source.atKey(path);
  return { file, line, path: formatPath(path), isDefault };
}
