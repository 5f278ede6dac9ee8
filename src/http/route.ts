import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { App } from '../usecases/app.ts';
import type { ActivityHandler } from '../usecases/ports/activity-handler.ts';
import type { Identity } from '../usecases/ports/identity.ts';
import type { WebPages } from '../usecases/ports/web-pages.ts';
import type { HttpLimits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { Auth, ProblemCode, Responses } from './openapi/answers.ts';

/** The parts that the server uses. */
export interface ServerOptions {
  readonly config: Pick<Config, 'server' | 'profile'> & Partial<Pick<Config, 'limits'>>;
  readonly app: App;
  readonly identity: Pick<Identity, 'verifyBearer' | 'bearerCodes'>;
  readonly activities: ActivityHandler;
  readonly pages: WebPages;
  /** Our own public keys, as a JWK set. */
  readonly jwks: () => Promise<object>;
  readonly ready: () => Promise<{ ok: boolean; checks: Readonly<Record<string, string>> }>;
  /** Gauges read at each scrape, by metric name, without labels. */
  readonly gauges?: () => Promise<Readonly<Record<string, number>>>;
  /** Counters of other parts, read at each scrape, by metric name, without labels. */
  readonly counters?: () => Readonly<Record<string, number>>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly limits?: Partial<HttpLimits>;
}

/** The parts that routes use. */
export interface RouteDeps extends Omit<ServerOptions, 'limits'> {
  readonly limits: HttpLimits;
  readonly metrics: Metrics;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
}

/** A call of a route. */
export interface RouteCall {
  readonly req: IncomingMessage;
  readonly params: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined when the route has no body or none was sent. */
  readonly body: unknown;
  /** Aborted when the client disconnects or the server stops. Created at the first call. */
  readonly signal: () => AbortSignal;
}

/** The answer of a route: text and bytes as they are, anything else as JSON. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  /** Names in lower case; `content-type` is JSON unless given. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The code of a problem, for metrics. */
  readonly code?: string;
}

/** One route: what the OpenAPI document says of it, and how it answers. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag:
    'Requests' | 'Workflows' | 'People' | 'Jobs' | 'Audit' | 'Teams' | 'Sign-in' | 'Service';
  readonly auth: Auth;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly header?: z.ZodObject;
  /** Undefined: the route has no body. */
  readonly body?: {
    readonly schema: z.ZodType;
    readonly limit: 'apiBytes' | 'activityBytes';
    readonly optional?: boolean;
  };
  /** Answers other than problem documents, by status. */
  readonly responses: Responses;
  /** Codes that only this route answers; `openapi/problems.ts` adds those of its kind. */
  readonly problems?: readonly ProblemCode[];
  readonly handle: (call: RouteCall, deps: RouteDeps) => Promise<Reply>;
}
