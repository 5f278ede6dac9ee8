/** The local Bot Connector: Teams and its channel service over loopback HTTP. */
import { createServer } from 'node:http';
import { systemClock } from '../lib/clock.ts';
import { personActivity } from './connector/activities.ts';
import { botScope, openBotLogin } from './connector/bot-login.ts';
import { CallLog } from './connector/call-log.ts';
import { openChannel } from './connector/channel-keys.ts';
import { Chats } from './connector/chats.ts';
import { teamsClient } from './connector/client.ts';
import { openDelivery } from './connector/delivery.ts';
import { handleHttp, pathsOf } from './connector/http-side.ts';
import { install, uninstall } from './connector/install.ts';
import type { ConnectorParts } from './connector/parts.ts';
import { rateLimiter } from './connector/rate-limit.ts';
import type { ConnectorOptions, ConnectorSettings } from './connector/types.ts';
import { listenOnLoopback, sendJson, stopServer } from './loopback.ts';
import type { Json } from './world.ts';

/** The running connector: people in Teams on one side, the REST API of bots on the other. */
export type LocalConnector = Awaited<ReturnType<typeof startConnector>>;

/**
 * Starts the connector on 127.0.0.1. The bot may start later: nothing is sent before `install` or
 * before a person acts. Rejects when the port is taken.
 */
export async function startConnector(options: ConnectorOptions) {
  const server = createServer();
  const base = await listenOnLoopback(server, options.port ?? 0);
  const now = options.now ?? systemClock.now;
  const settings: ConnectorSettings = {
    ...options,
    now,
    log: options.log ?? (() => undefined),
    resendAfterMs: options.resendAfterMs ?? 10_000,
    giveUpAfterMs: options.giveUpAfterMs ?? 15_000,
    base,
    botName: 'Countersign',
    issuer: `${base}/channel`,
    serviceUrl: `${base}/teams/`,
  };
  const [channel, login] = await Promise.all([openChannel(settings), openBotLogin(settings)]);
  const parts: ConnectorParts = {
    ...settings,
    channel,
    login,
    calls: new CallLog(),
    chats: new Chats(settings),
    delivery: openDelivery({ ...settings, token: channel.current }),
    limiter: options.limits === 'off' ? undefined : rateLimiter(now),
  };
  server.on('request', (req, res) => {
    handleHttp(parts, req, res).catch((error: unknown) => {
      parts.log(`connector failed: ${String(error)}`);
      if (!res.headersSent) sendJson(res, { status: 500 });
      else res.destroy();
    });
  });
  const stop = async () => {
    parts.delivery.stop();
    await stopServer(server);
  };
  // The same object, not a copy: tests switch `singleSignOn` on it while it runs.
  return Object.assign(teamsClient(parts), botSide(parts), { stop });
}

/** What the bot needs, what an administrator does, and what tests send and look at. */
function botSide(parts: ConnectorParts) {
  const { base, calls, channel, chats, delivery, login } = parts;
  const paths = pathsOf(parts);
  return {
    /** Base address of the REST API, with a trailing slash as in Teams. */
    serviceUrl: parts.serviceUrl,
    /** OpenID metadata of the channel's tokens. */
    metadataUrl: `${base}${paths.metadata}`,
    /** `iss` of the channel's tokens. */
    issuer: parts.issuer,
    /** Token endpoint of the bot (client credentials). */
    loginUrl: `${base}${paths.login}`,
    /** `aud` of the bot's tokens, and with `/.default` the scope to ask for. */
    botScope,
    /** Adds the app for people and channels (default: all without it), and notifies the bot. */
    install: (wanted: Parameters<typeof install>[1] = {}) => install(parts, wanted),
    /** Removes the app for a person or from a channel (by id); posts there then answer 403. */
    uninstall: (where: string) => uninstall(parts, where),
    /** The latest REST calls of the bot, oldest first (at most 2,000 kept). */
    calls: () => calls.all(),
    fail: calls.plan.bind(calls),
    channelToken: channel.mint,
    /** A token of the bot's own login; for tests that send it to the bot. */
    botToken: login.mint,
    /**
     * The activity that a person's client would send, not sent. `with`: members to add or replace
     * (undefined removes one), e.g. `type`, `name`, `value`.
     */
    activity(wanted: { personId: string; chatId: string; replyToId?: string; with: Json }) {
      const origin = chats.origin(wanted.personId, wanted.chatId, wanted.replyToId);
      return personActivity(parts, origin, wanted.with);
    },
    /** Sends an activity to the bot; `token: null` sends none. */
    post: (body: unknown, { token }: { token?: string | null } = {}) => delivery.post(body, token),
    /** New channel keys; the old ones are no longer published. */
    rotateKeys: channel.rotate,
  };
}
