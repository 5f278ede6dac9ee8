import { createServer } from '../http/server.ts';
import type { HttpServer } from '../http/server.ts';
import type { Teams, TeamsOutbound } from '../teams/teams.ts';
import { textFor } from '../text/text.ts';
import type { App } from '../usecases/ports/app.ts';
import type { Identity } from '../usecases/ports/identity.ts';
import type { SignInPages } from '../usecases/ports/sign-in-pages.ts';
import { createWebPages } from '../web/pages.ts';
import type { Foundation } from './foundation.ts';
import { gauges, readiness } from './health.ts';

/** The HTTP server: API, pages, what Bot Framework posts, health. */
export function composeHttp(
  { config, clock, log, store, keys }: Foundation,
  parts: {
    readonly app: App;
    readonly identity: Identity;
    readonly signIn: SignInPages;
    readonly teams: Teams;
    readonly outbound: TeamsOutbound;
  },
): HttpServer {
  const { app, identity, signIn, teams, outbound } = parts;
  return createServer({
    config,
    app,
    identity,
    log,
    clock,
    activities: { messages: (input) => teams.receive(input) },
    pages: createWebPages({ config, signIn, log, textFor }),
    jwks: async () => keys.publicJwks(),
    ready: () => readiness(store),
    gauges: () => gauges(store, outbound),
  });
}
