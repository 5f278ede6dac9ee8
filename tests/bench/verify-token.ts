/** The check of a bearer token with cached keys, compared with common libraries. */
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { importJWK, jwtVerify } from 'jose';
import { createVerifier } from '../../src/identity/tokens/verify-token.ts';
import { systemClock } from '../../src/lib/clock.ts';
import {
  API,
  configOf,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  startKeyServer,
} from '../unit/identity/kit.ts';
import type { KeyServer, TestKey } from '../unit/identity/kit.ts';
import type { Bench } from './bench.ts';
import { jsonWebToken } from './json-web-token.ts';
import { CLIENTS, rounded } from './contest.ts';
import type { Result } from './contest.ts';
import { median, quantile } from './load.ts';

const TOKENS = 2_000;
const ROUNDS = 9;
const NAMES = ['ours', 'jose', 'jsonwebtoken + jwks-rsa', 'express-oauth2-jwt-bearer'] as const;

type Name = (typeof NAMES)[number];
type Verify = (token: string) => Promise<unknown>;

/**
 * `verify-token`: 2,000 distinct RS256 tokens of a person in each round, 16 concurrent checks, in
 * one process and in turn (A B C D A B C D …). The others are set up as in their documentation;
 * none of them checks tenant, kind of token, age or roles, as ours does.
 */
export const verifyToken: Bench = {
  name: 'verify-token',
  goal: 'ahead of the two others',
  holds: (result) => ahead(result) > 1,
  async run() {
    const server = await startKeyServer();
    try {
      const key = await newKey('k1');
      server.state.keys = [{ ...key.publicJwk, alg: 'RS256' }];
      const tokens = await Promise.all(
        Array.from({ length: TOKENS }, (_, at) =>
          sign(key, personClaims(server.state.issuer, systemClock.now(), { uti: `token-${at}` })),
        ),
      );
      return await compete(await contestants(server, key), tokens);
    } finally {
      await server.stop();
    }
  },
};

function ahead(result: Result): number {
  const others = result['others'] as Readonly<Record<string, { readonly ratio: number }>>;
  return Math.min(...Object.values(others).map(({ ratio }) => ratio));
}

async function contestants(
  server: KeyServer,
  key: TestKey,
): Promise<Readonly<Record<Name, Verify>>> {
  const config = configOf([oidcIssuer(server)]);
  const verifier = createVerifier({ config, clock: systemClock, log });
  const imported = await importJWK(key.publicJwk, 'RS256');
  const expected = { issuer: server.state.issuer, audience: API, algorithms: ['RS256'] };
  return {
    ours: (token) => verifier.verify(token, { kind: 'bearer' }),
    jose: (token) => jwtVerify(token, imported, expected),
    'jsonwebtoken + jwks-rsa': jsonWebToken(server.state.jwksUri, expected),
    'express-oauth2-jwt-bearer': jwtBearer(server),
  };
}

const require = createRequire(import.meta.url);

/** The middleware as in its README, called as by Express. */
function jwtBearer(server: KeyServer): Verify {
  const { auth } = require('express-oauth2-jwt-bearer') as {
    auth(options: {
      issuerBaseURL: string;
      audience: string;
    }): (request: object, response: object, next: (error?: Error) => void) => void;
  };
  const middleware = auth({ issuerBaseURL: server.state.issuer, audience: API });
  return (token) =>
    new Promise((resolve, reject) => {
      const request = {
        headers: { authorization: `Bearer ${token}`, host: 'localhost' },
        query: {},
        method: 'GET',
        protocol: 'https',
        url: '/v1/requests',
        originalUrl: '/v1/requests',
        is: () => false,
        get: (name: string) => (name.toLowerCase() === 'host' ? 'localhost' : undefined),
        auth: undefined as { payload: unknown } | undefined,
      };
      middleware(request, {}, (error) => {
        if (error === undefined && request.auth !== undefined) resolve(request.auth.payload);
        else reject(error ?? new Error('no claims'));
      });
    });
}

async function compete(
  sides: Readonly<Record<Name, Verify>>,
  tokens: readonly string[],
): Promise<Result> {
  const rounds = Object.fromEntries(NAMES.map((name) => [name, [] as Round[]])) as Record<
    Name,
    Round[]
  >;
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const name of NAMES) {
      const measured = await run(sides[name], tokens);
      if (round >= 0) rounds[name].push(measured);
    }
  }
  const ratioTo = (name: Name) =>
    rounded(
      median(
        rounds.ours.map(
          ({ perSecond }, round) => perSecond / (rounds[name][round]?.perSecond ?? NaN),
        ),
      ),
    );
  const others = NAMES.slice(2);
  return {
    name: 'verify-token',
    ratio: ratioTo('jose'),
    baseline: 'jose.jwtVerify with an imported key',
    p50Ms: latency(rounds.ours, 0.5),
    p99Ms: latency(rounds.ours, 0.99),
    baselineP99Ms: latency(rounds.jose, 0.99),
    perSecond: Math.round(median(rounds.ours.map(({ perSecond }) => perSecond))),
    baselinePerSecond: Math.round(median(rounds.jose.map(({ perSecond }) => perSecond))),
    others: Object.fromEntries(
      others.map((name) => [
        name,
        {
          ratio: ratioTo(name),
          p99Ms: latency(rounds[name], 0.99),
          perSecond: Math.round(median(rounds[name].map(({ perSecond }) => perSecond))),
        },
      ]),
    ),
    clients: CLIENTS,
    measured: ROUNDS * tokens.length,
  };
}

interface Round {
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
}

/** Checks all tokens once, 16 at a time; throws at a refusal, which must not count. */
async function run(verify: Verify, tokens: readonly string[]): Promise<Round> {
  const latenciesMs = new Float64Array(tokens.length);
  let next = 0;
  const client = async () => {
    while (next < tokens.length) {
      const at = next;
      next += 1;
      const begun = performance.now();
      await verify(tokens[at] ?? '');
      latenciesMs[at] = performance.now() - begun;
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const seconds = (performance.now() - begun) / 1_000;
  return { perSecond: tokens.length / seconds, latenciesMs: [...latenciesMs.sort()] };
}

function latency(rounds: readonly Round[], part: number): number {
  const all = rounds.flatMap((round) => [...round.latenciesMs]).sort((one, two) => one - two);
  return rounded(quantile(all, part));
}
