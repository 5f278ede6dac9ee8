import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '../../src/compose/compose.ts';
import type { Config } from '../../src/config/config.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { exampleConfig, exampleEnv } from './config/support.ts';
import { loadConfig } from '../../src/compose/load-config.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-compose-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function configOn(port: number): Config {
  const { config } = loadConfig({ path: exampleConfig, env: exampleEnv, profile: 'production' });
  return {
    ...config,
    store: { kind: 'sqlite', path: join(home, 'countersign.db') },
    server: { ...config.server, host: '127.0.0.1', port },
  };
}

test('a failed start stops the started parts and throws its reason', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const service = await compose(configOn(port), { log: silentLogger });
  await expect(service.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(service.store.loadRequest('req_1')).rejects.toMatchObject({ code: 'store_closed' });
  await service.stop();
  other.close();
});

test('stop may be called before the start, and twice', async () => {
  const service = await compose(configOn(0), { log: silentLogger });
  await Promise.all([service.stop(), service.stop()]);
  await expect(service.store.check()).rejects.toMatchObject({ code: 'store_closed' });
});

test('rejects keys encrypted with another secret, and closes the store', async () => {
  const config = configOn(0);
  await (await compose(config, { log: silentLogger })).stop();
  const signing = { secret: 'another secret of more than thirty-two bytes' };
  await expect(compose({ ...config, signing }, { log: silentLogger })).rejects.toThrow();
  // The file is closed: it opens with the right secret.
  await (await compose(config, { log: silentLogger })).stop();
});
