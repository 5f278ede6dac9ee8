import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { get, startServer } from './support.ts';

test('restify does not change writeHead of other servers in the process', async () => {
  const ours = await startServer();
  const other = createServer((_request, response) => void response.writeHead(204).end());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(204);
  expect((await get(`${ours.url}/healthz`)).status).toBe(200);
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
  await ours.stop();
});
