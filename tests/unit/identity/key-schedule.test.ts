import { startKeySchedule } from '../../../src/identity/issuer-keys/key-schedule.ts';
import { KEY_TIMES } from '../../../src/identity/issuer-keys/jwks.ts';
import { createVerifier } from '../../../src/identity/tokens/verify-token.ts';
import {
  codeOf,
  configOf,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  startKeyServer,
  turnableClock,
} from './kit.ts';

test('fetches a rotated key before a token needs it, and stops', async () => {
  const [key, next] = await Promise.all([newKey('k1'), newKey('k2')]);
  const server = await startKeyServer();
  server.state.keys = [key.publicJwk];
  const clock = turnableClock();
  const verifier = createVerifier({ config: configOf([oidcIssuer(server)]), clock, log });
  const verify = async (signer: typeof key) =>
    codeOf(
      verifier.verify(await sign(signer, personClaims(server.state.issuer, clock.now())), {
        kind: 'bearer',
      }),
    );
  const schedule = startKeySchedule({ providers: verifier.providers, log, everyMs: 5 });
  try {
    expect(await verify(key)).toBe('accepted');
    server.state.keys = [key.publicJwk, next.publicJwk];
    clock.advance(KEY_TIMES.refreshMs);
    for (let at = 0; at < 200 && server.fetched.keys < 2; at += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(server.fetched.keys).toBe(2);
  } finally {
    await schedule.stop();
  }
  const fetched = { ...server.fetched };
  expect(await verify(next)).toBe('accepted');
  clock.advance(KEY_TIMES.refreshMs);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.fetched).toEqual(fetched);
  await server.stop();
});
