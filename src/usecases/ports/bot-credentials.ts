/** Tokens of the bot's own for calls to the Bot Connector. */
export interface BotCredentials {
  token(): Promise<{ readonly value: string; readonly expiresAt: number }>;
}
