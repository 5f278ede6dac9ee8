/** Microsoft's login and Graph on loopback, reached under their public names through a fetch. */
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const GRAPH = 'https://graph.microsoft.com';
export const LOGIN = 'https://login.microsoftonline.com';

/** A received call, at Graph or at the login. */
export interface Arrived {
  readonly to: 'graph' | 'login';
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** Answers a call to Graph instead of the default; false falls back to the default. */
export type GraphAnswer = (call: Arrived, response: ServerResponse) => boolean | void;

/** A directory with members, app roles and faults that a test sets. */
export async function startGraph() {
  const calls: Arrived[] = [];
  const strays: string[] = [];
  const state: {
    memberOf: readonly string[];
    enabled: boolean | null;
    appRoles: readonly string[];
    onGraph: GraphAnswer | null;
    loginFails: boolean;
    user: object;
  } = {
    memberOf: [],
    enabled: true,
    appRoles: [],
    onGraph: null,
    loginFails: false,
    user: {},
  };
  const json = (response: ServerResponse, body: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const [, to = '', path = ''] = /^\/(graph|login)(\/.*)$/.exec(request.url ?? '') ?? [];
      const call: Arrived = {
        to: to === 'graph' ? 'graph' : 'login',
        method: request.method ?? '',
        path,
        body,
        authorization: request.headers.authorization,
      };
      calls.push(call);
      if (to === 'login') {
        return state.loginFails
          ? json(response, { error: 'invalid_client', error_description: 'AADSTS7000215' }, 401)
          : json(response, {
              token_type: 'Bearer',
              access_token: 'graph-token',
              expires_in: 3_600,
              expires_on: String(Math.floor(Date.now() / 1_000) + 3_600),
            });
      }
      if (state.onGraph !== null && state.onGraph(call, response) !== false) return;
      if (path.endsWith('/checkMemberGroups')) {
        const { groupIds } = JSON.parse(body) as { groupIds: string[] };
        return json(response, { value: groupIds.filter((id) => state.memberOf.includes(id)) });
      }
      if (path.includes('/appRoleAssignments')) {
        return json(response, {
          value: state.appRoles.map((id) => ({ appRoleId: `id-of-${id}`, resourceId: 'resource' })),
        });
      }
      if (path.startsWith('/v1.0/servicePrincipals(')) {
        return json(response, {
          id: 'resource',
          appRoles: ['approver', 'auditor'].map((value) => ({ id: `id-of-${value}`, value })),
        });
      }
      if (state.enabled === null) return json(response, { error: { code: 'NotFound' } }, 404);
      json(response, { id: 'x', accountEnabled: state.enabled, ...state.user });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    base,
    state,
    calls,
    json,
    at: (to: Arrived['to']) => calls.filter((call) => call.to === to),
    /** Other addresses that were called; each answers as an attacker would like. */
    strays,
    /** A fetch that redirects every call to this server and records unexpected addresses. */
    fetch: (url: string, init?: RequestInit) => {
      const here = url.replace(GRAPH, `${base}/graph`).replace(LOGIN, `${base}/login`);
      if (here === url) strays.push(url);
      return fetch(here === url ? `${base}/graph/stray` : here, init);
    },
    reset() {
      calls.length = 0;
      strays.length = 0;
      Object.assign(state, {
        memberOf: [],
        enabled: true,
        appRoles: [],
        onGraph: null,
        loginFails: false,
        user: {},
      });
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
