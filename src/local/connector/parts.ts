import type { BotLogin } from './bot-login.ts';
import type { CallLog } from './call-log.ts';
import type { Channel } from './channel-keys.ts';
import type { Chats } from './chats.ts';
import type { Delivery } from './delivery.ts';
import type { RateLimiter } from './rate-limit.ts';
import type { ConnectorSettings } from './types.ts';

/** The settings of the connector, and the parts that work with each other. */
export interface ConnectorParts extends ConnectorSettings {
  readonly chats: Chats;
  readonly calls: CallLog;
  readonly channel: Channel;
  readonly login: BotLogin;
  readonly delivery: Delivery;
  /** Absent when limits are off. */
  readonly limiter?: RateLimiter;
}
