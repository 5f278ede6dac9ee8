/** A token of the bot's own, and when it expires (ms). */
export interface BotToken {
  readonly value: string;
  readonly expiresAt: number;
}

/** Tokens of the bot's own for calls to the Bot Connector. */
export interface BotCredentials {
  token(): Promise<BotToken>;
}
