/** An access token of the bot, and its expiry (ms). */
export interface BotToken {
  readonly value: string;
  readonly expiresAt: number;
}

/** Access tokens of the bot for calls to the Bot Connector. */
export interface BotCredentials {
  token(): Promise<BotToken>;
}
