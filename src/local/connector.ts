/** The local Bot Connector: Teams and its channel service over loopback HTTP. */
import { createServer, type Server } from 'node:http';
import { systemClock } from '../lib/clock.ts';
import { personActivity, type ActivityParts } from './connector/activities.ts';
import { botScope, openBotLogin, type BotLogin } from './connector/bot-login.ts';
import { CallLog } from './connector/call-log.ts';
import { openChannel, type Channel } from './connector/channel-keys.ts';
import { Chats } from './connector/chats.ts';
import { teamsClient } from './connector/client.ts';
import { openDelivery, type Delivery } from './connector/delivery.ts';
import { handleHttp } from './connector/http-side.ts';
import { installer } from './connector/install.ts';
import { rateLimiter } from './connector/rate-limit.ts';
import type { ConnectorOptions, LocalConnector } from './connector/types.ts';
import { listenOnLoopback, sendJson, stopServer } from './loopback.ts';
import type { Person } from './world.ts';

export type { ConnectorOptions, LocalConnector } from './connector/types.ts';

const CHANNEL_PATHS = {
  metadataPath: '/channel/.well-known/openidconfiguration',
  keysPath: '/channel/.well-known/keys',
};

/**
 * Starts the connector on 127.0.0.1. The bot may start later: nothing is sent before `install` or
 * before a person acts. Rejects when the port is taken.
 */
export async function startConnector(options: ConnectorOptions): Promise<LocalConnector> {
  const { appId, tenantId, people, botName = 'Countersign' } = options;
  const now = options.now ?? systemClock.now;
  const log = options.log ?? (() => undefined);
  const chats = new Chats({ people, channels: options.channels, botName, now });
  const calls = new CallLog();
  const server = createServer();
  const base = await listenOnLoopback(server, options.port ?? 0);
  const issuer = `${base}/channel`;
  const serviceUrl = `${base}/teams/`;
  const { appSecret } = options;
  const loginIssuer = `${base}/${tenantId}/`;
  const [channel, login] = await Promise.all([
    openChannel({ issuer, appId, serviceUrl, now }),
    openBotLogin({ issuer: loginIssuer, appId, appSecret, tenantId, now }),
  ]);
  const paths = { ...CHANNEL_PATHS, loginPath: `/${tenantId}/oauth2/v2.0/token` };
  const http = {
    base,
    issuer,
    ...paths,
    channel,
    login,
    calls,
    now,
    log,
    rest: { appId, botName, tenantId, people, chats },
    limiter: options.limits === 'off' ? undefined : rateLimiter(now),
  };
  serve(server, http);
  const delivery = openDelivery({
    botEndpoint: options.botEndpoint,
    token: () => channel.current(),
    resendAfterMs: options.resendAfterMs ?? 10_000,
    giveUpAfterMs: options.giveUpAfterMs ?? 15_000,
    log,
  });
  const activity: ActivityParts = { appId, botName, tenantId, serviceUrl, now };
  const apps = installer({ chats, delivery, activity });
  const { singleSignOn } = options;
  const parts = { people, chats, activity, delivery, log };
  const world = teamsClient({ ...parts, singleSignOn, ensureInstalled: apps.add });
  const handle = {
    serviceUrl,
    issuer,
    metadataUrl: `${base}${paths.metadataPath}`,
    loginUrl: `${base}${paths.loginPath}`,
    botScope,
    ...apps.handle,
    ...testHooks({ calls, channel, login, chats, people, activity, delivery }),
    async stop() {
      delivery.stop();
      await stopServer(server);
    },
  };
  // The same object, not a copy: tests switch `singleSignOn` on it while it runs.
  return Object.assign(world, handle);
}

function serve(server: Server, http: Parameters<typeof handleHttp>[0]): void {
  server.on('request', (req, res) => {
    handleHttp(http, req, res).catch((error: unknown) => {
      http.log(`connector failed: ${String(error)}`);
      if (!res.headersSent) sendJson(res, { status: 500 });
      else res.destroy();
    });
  });
}

type HookParts = {
  calls: CallLog;
  channel: Channel;
  login: BotLogin;
  chats: Chats;
  people: readonly Person[];
  activity: ActivityParts;
  delivery: Delivery;
};

function testHooks(
  parts: HookParts,
): Pick<
  LocalConnector,
  'calls' | 'fail' | 'channelToken' | 'botToken' | 'activity' | 'post' | 'rotateKeys'
> {
  const { calls, chats } = parts;
  return {
    calls: () => calls.all(),
    fail: (fault) => calls.plan(fault),
    channelToken: (wanted) => parts.channel.mint(wanted),
    botToken: (claims) => parts.login.mint(claims),
    activity({ personId, chatId, replyToId, with: members }) {
      const conversation = chats.of(personId).find(({ chat }) => chat.id === chatId);
      const person = parts.people.find(({ id }) => id === personId);
      if (person === undefined || conversation === undefined) throw new Error('no such place');
      const threadId =
        conversation.channel === undefined || replyToId === undefined
          ? undefined
          : (chats.get(chatId, replyToId)?.message.threadId ?? replyToId);
      const origin = { person, conversation, threadId, replyToId };
      return personActivity(parts.activity, origin, members);
    },
    post: (body, { token } = {}) => parts.delivery.post(body, token),
    rotateKeys: () => parts.channel.rotate(),
  };
}
