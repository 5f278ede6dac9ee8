import { loadConfig } from '../../../../src/compose/load-config.ts';
import { layFoundation } from '../../../../src/compose/foundation.ts';
import { composeIdentity } from '../../../../src/compose/identity.ts';
import { openWitness } from '../../../../src/compose/open-witness.ts';
import { composeOutbound } from '../../../../src/compose/teams.ts';
import { createExecutors, probeExecutors } from '../../../../src/executors/registry.ts';
import { createDirectory } from '../../../../src/directory/directory.ts';
import { diagnoseIdentity } from '../../../../src/identity/inspect/diagnose.ts';
import { describeError, silentLogger } from '../../../../src/lib/logger.ts';
import { textFor } from '../../../../src/text/text.ts';
import { approvedRequest } from '../../executors/approved-request.ts';

/**
 * Calls out by every way of the service, put together as `serve` does. Argument: the path of
 * countersign.yaml. Prints a JSON object: for each way `ok` or its error.
 */
const [path = ''] = process.argv.slice(2);
const { config } = loadConfig({ path, env: process.env, profile: 'production' });
const foundation = await layFoundation(config, { log: silentLogger });
const results: Record<string, string> = {};
async function call(name: string, work: () => Promise<unknown>): Promise<void> {
  results[name] = await work().then(() => 'ok', describeError);
}

const findings = await diagnoseIdentity({
  ...foundation,
  directory: createDirectory(foundation),
});
for (const [name, part, check] of [
  ['provider', 'issuer acme', 'reachable'],
  ['channel keys', 'channel bot-framework', 'reachable'],
  ['bot login', 'bot', 'login'],
  ['graph login', 'issuer entra', 'group lookup'],
] as const) {
  const found = findings.find((one) => one.part === part && one.check === check);
  results[name] = found?.result === 'ok' ? 'ok' : (found?.found ?? 'not checked');
}
const area = composeIdentity(foundation);
await call('provider keys', async () => {
  const keys = area.verifier.providers.get('acme')?.keys;
  if (!keys) throw new Error('no such issuer');
  await keys.metadata();
});
await call('graph', async () =>
  createDirectory(foundation).memberOf({
    issuer: 'entra',
    tenant: '8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254',
    objectId: 'oid',
    kind: 'person',
    groups: ['11111111-2222-3333-4444-555555555555'],
    assertion: null,
    tokenDigest: null,
  }),
);
const outbound = composeOutbound(foundation, textFor(null));
outbound.start();
await call('connector', async () =>
  outbound.messenger.send(
    {
      conversationId: 'a:chat',
      serviceUrl: 'https://smba.contoso.test/emea/',
      tenantId: '8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254',
    },
    { text: 'hello' },
  ),
);
for (const { name, error } of await probeExecutors(foundation)) {
  results[`probe of ${name}`] = error === undefined ? 'ok' : describeError(error);
}
const { witness } = config.audit;
if (witness) {
  await call('witness', () => openWitness(witness, config.server).read({ maxBytes: 1_000 }));
}
const executors = createExecutors(foundation);
for (const name of Object.keys(config.executors)) {
  const { kind, outcome } = await executors.execute(approvedRequest('req_1', name), 1);
  results[`executor ${name}`] = kind === 'applied' ? 'ok' : outcome.code;
}
process.stdout.write(JSON.stringify(results));
process.exit(0);
