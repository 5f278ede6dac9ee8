/** A connector with two channels and a minimal bot. */
import { startConnector, type LocalConnector } from '../../../src/local/connector.ts';
import type { ConnectorOptions } from '../../../src/local/connector/types.ts';
import { demoBotAppId, demoPeople, demoTenantId } from '../../../src/local/people.ts';
import type { Json } from '../../../src/local/world.ts';
import { startTinyBot } from './tiny-bot.ts';

export const channelId = '19:approvals@thread.tacv2';
export const people = demoPeople();
export const CARD = 'application/vnd.microsoft.card.adaptive';

/** Starts both, installs the app everywhere, and clears the bot's received activities. */
export async function startFixture(options: Partial<ConnectorOptions> = {}) {
  const bot = await startTinyBot();
  const clock = { nowMs: Date.UTC(2026, 10, 20, 12) };
  const connector = await startConnector({
    appId: demoBotAppId,
    appSecret: 'a-secret',
    tenantId: demoTenantId,
    people,
    channels: [
      { id: channelId, name: 'Approvals', team: { id: '19:team@thread.tacv2', name: 'Release' } },
      {
        id: '19:other@thread.tacv2',
        name: 'Quiet',
        members: ['mia'],
        team: { id: '19:team@thread.tacv2', name: 'Release' },
      },
    ],
    botEndpoint: () => bot.url,
    singleSignOn: async (personId, resource) => `token of ${personId} for ${resource}`,
    now: () => clock.nowMs,
    ...options,
  });
  await connector.install();
  bot.heard.length = 0;
  const authorization = `Bearer ${await login(connector)}`;
  const call = async (method: string, path: string, body?: unknown, headers: Json = {}) => {
    const response = await fetch(`${connector.serviceUrl}v3/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: (text === '' ? undefined : JSON.parse(text)) as Json,
    };
  };
  const stop = async () => {
    await connector.stop();
    await bot.stop();
  };
  return { bot, clock, connector, call, stop };
}

export type Fixture = Awaited<ReturnType<typeof startFixture>>;

/** Logs the bot in; members of `form` replace the valid ones. */
export async function login(connector: LocalConnector): Promise<string> {
  const answer = await askLogin(connector, {});
  return String(answer.body.access_token);
}

/** Calls the login with a form that differs from the valid one in `form`. */
export async function askLogin(connector: LocalConnector, form: Record<string, string>) {
  const response = await fetch(connector.loginUrl, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: demoBotAppId,
      client_secret: 'a-secret',
      scope: `${connector.botScope}/.default`,
      ...form,
    }),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

/** The demo person with this id. */
export function person(id: string) {
  const found = people.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

/** A message activity with a card. */
export function cardMessage(card: Json = {}): Json {
  const content = { type: 'AdaptiveCard', version: '1.5', body: [], ...card };
  return { type: 'message', attachments: [{ contentType: CARD, content }] };
}
