/** Loads the YAML of docs/identity with the real loader. */
import { readFileSync, readdirSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { createVerifier } from '../../../src/identity/tokens/verify-token.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { configText, load, workflowText } from './support.ts';

const folder = new URL('../../../docs/identity/', import.meta.url);
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'));
const WITHOUT_CONFIG = ['README.md', 'sign-in-threat-model.md'];

type Block = Record<string, unknown>;
interface Issuer extends Block {
  readonly id: string;
  readonly kind: string;
}

/** The YAML blocks of a page, in order, without the pipeline files of other products. */
function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(new URL(page, folder), 'utf8');
  return [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(
    ([, yaml = '']) => parse(yaml) as Block,
  );
}

const isConfig = (block: Block) => 'identity' in block || 'teams' in block;
const base = parse(configText) as { teams: Block; identity: Block & { issuers: Issuer[] } };

/** The example configuration with the keys of a page; its issuers replace or join the others. */
function withBlock(block: Block): Block {
  const { issuers = [], ...identity } = (block['identity'] ?? {}) as { issuers?: Issuer[] };
  const ids = issuers.map(({ id }) => id);
  return {
    ...base,
    teams: { ...base.teams, ...(block['teams'] as Block | undefined) },
    identity: {
      ...base.identity,
      ...identity,
      issuers: [...base.identity.issuers.filter(({ id }) => !ids.includes(id)), ...issuers],
    },
  };
}

test.each(pages.filter((page) => !WITHOUT_CONFIG.includes(page)))(
  'loads the YAML of %s',
  (page) => {
    const blocks = blocksOf(page);
    const configs = blocks.filter(isConfig);
    const requests = blocks.filter((block) => 'request' in block);
    expect(configs.length).toBeGreaterThan(0);
    for (const block of configs) {
      const { config } = load({ config: stringify(withBlock(block)) });
      // Contradictions between parts are found when the issuers are created.
      expect(() => createVerifier({ config, clock: systemClock, log: silentLogger })).not.toThrow();
      const { issuers } = (block['identity'] ?? {}) as { issuers?: Issuer[] };
      for (const { id } of issuers ?? []) {
        expect(config.identity.issuers.map((issuer) => issuer.id)).toContain(id);
      }
    }
    // A workflow block belongs to the configuration before it on the page.
    for (const request of requests) {
      const before = blocks.slice(0, blocks.indexOf(request)).filter(isConfig).at(-1);
      const workflow = { ...(parse(workflowText) as Block), ...request };
      const { config } = load({
        config: stringify(withBlock(before ?? {})),
        workflows: { 'a.yaml': stringify(workflow) },
      });
      expect(config.workflows[0]?.request.workloads.length).toBeGreaterThan(0);
    }
  },
);

test('the overview links every page, and the documents link the overview', () => {
  const overview = readFileSync(new URL('README.md', folder), 'utf8');
  for (const page of pages.filter((name) => name !== 'README.md')) {
    expect(overview).toContain(`(${page})`);
  }
  const documents = readFileSync(new URL('../README.md', folder), 'utf8');
  expect(documents).toContain('identity/README.md');
});
