/** Runs the blocks that the documents mark as runnable, against the local profile. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLogger } from '../../src/lib/logger.ts';
import { actionOf, cardOf, eventually, textOfCard } from '../../src/local/find.ts';
import { APPROVALS, startLocalProfile } from '../../src/local/profile.ts';
import type { LocalProfile } from '../../src/local/profile.ts';
import { ROOT } from '../conventions/tree.ts';
import { freePorts } from '../support/free-ports.ts';

const run = promisify(execFile);

/** The ports of the documents start here. */
const DOCUMENTED = 3978;

/** Page → what runs its blocks, in their order; rejects when one fails. */
export const runnables: Readonly<Record<string, (blocks: readonly string[]) => Promise<void>>> = {
  'docs/tutorial.md': tutorial,
};

/** The pipeline's request waits for a decision, which is made as the tutorial says. */
async function tutorial(blocks: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-docs-'));
  const port = await freePorts(5);
  const profile = await startLocalProfile({
    home: join(folder, '.countersign'),
    port,
    overrides: { log: silentLogger },
  });
  try {
    for (const name of ['src', 'node_modules', 'package.json']) {
      await symlink(join(ROOT, name), join(folder, name));
    }
    const outputs: string[] = [];
    for (const block of blocks) {
      const running = bash(folder, onPorts(block, port));
      if (block.includes('--wait')) await Promise.race([approve(profile), running]);
      outputs.push(await running);
    }
    const [asked = '', verified = ''] = outputs;
    if (!/Request 1 is applied/.test(asked)) throw new Error(`the request ended as: ${asked}`);
    if (!/The audit log verifies: \d+ events/.test(verified)) throw new Error(verified);
    await readFile(join(folder, 'keys.json'), 'utf8');
  } finally {
    await profile.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function onPorts(block: string, port: number): string {
  return block.replace(/127\.0\.0\.1:(39\d\d)/g, (_, documented: string) => {
    return `127.0.0.1:${port + Number(documented) - DOCUMENTED}`;
  });
}

async function bash(folder: string, block: string): Promise<string> {
  const script = join(folder, 'block.sh');
  await writeFile(script, block);
  const { PATH, HOME } = process.env;
  const { stdout, stderr } = await run('bash', ['-e', '-o', 'pipefail', script], {
    cwd: folder,
    env: { PATH, HOME },
    timeout: 100_000,
  });
  return stdout + stderr;
}

async function approve({ connector }: LocalProfile): Promise<void> {
  const card = await eventually('the card in the channel', () =>
    connector.messages('amara', APPROVALS).find((one) => textOfCard(cardOf(one)).includes('#1')),
  );
  await connector.click({
    personId: 'amara',
    chatId: APPROVALS,
    messageId: card.id,
    action: actionOf(cardOf(card), 'approve') ?? {},
  });
}
