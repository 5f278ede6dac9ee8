import { z } from 'zod';

const THREAD = /^19:[^\s/?#%&@]{1,200}@thread\.(?:tacv2|skype)$/;

const EXPECTED = {
  team:
    'the id of a team (19:…@thread.tacv2): paste what "Get link to team" gives in Teams, or what ' +
    'stands there behind /team/',
  channel:
    'the id of a channel (19:…@thread.tacv2): paste what "Get link to channel" gives in Teams, or ' +
    'what stands there behind /channel/',
} as const;

/**
 * The id of a team or a channel, as the Bot Connector takes it. A link that Teams gives, and a
 * percent-encoded id out of one, are decoded.
 */
export function conversationIdSchema(kind: keyof typeof EXPECTED) {
  return z
    .string()
    .max(2_000)
    .transform((text, context) => {
      const id = decoded(linked(text.trim(), kind));
      if (id !== undefined && THREAD.test(id)) return id;
      context.addIssue({ code: 'custom', message: EXPECTED[kind] });
      return z.NEVER;
    });
}

/** The encoded id of a link to a team or channel; any other text as it is. */
function linked(text: string, kind: string): string {
  const url = /^https:/i.test(text) ? URL.parse(text) : null;
  if (url === null) return text;
  const [, l, what, id = ''] = url.pathname.split('/');
  return l === 'l' && what === kind ? id : '';
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
