import { decodeJwt } from 'jose';
import { systemIds } from '../../src/lib/ids.ts';
import type { World } from './world.ts';

/** The number of concurrent signatures. */
const PARALLEL = 64;

/** Distinct single-use tokens of the demo pipeline, in the form of its token endpoint. */
export async function workloadTokens(world: World, count: number): Promise<string[]> {
  const first = await world.provider.workloadToken();
  return copies(world, { token: first, count });
}

/** Distinct single sign-on tokens of one person, in the form of Teams. */
export async function personTokens(
  world: World,
  given: { personId: string; count: number },
): Promise<string[]> {
  const first = await world.provider.personToken({ personId: given.personId, audience: 'bot' });
  return copies(world, { token: first, count: given.count });
}

// The endpoint issues about a hundred a second; signing equal claims with new ids is faster.
async function copies(
  world: World,
  { token, count }: { token: string; count: number },
): Promise<string[]> {
  const claims = decodeJwt(token);
  const made: string[] = [];
  while (made.length < count) {
    const size = Math.min(PARALLEL, count - made.length);
    made.push(
      ...(await Promise.all(
        Array.from({ length: size }, () => {
          const id = systemIds.secret(16);
          return world.provider.forge({ claims: { ...claims, jti: id, uti: id } });
        }),
      )),
    );
  }
  return made;
}
