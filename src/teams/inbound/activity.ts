import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import { isJson, jsonOr, textOf } from '../../lib/loose-json.ts';
import type { Json } from '../../lib/loose-json.ts';

/** An activity whose shape was checked; what `raw` holds besides is still anybody's. */
export interface TeamsActivity {
  readonly raw: Json;
  readonly type: string;
  readonly id: string;
  /** Name of an invoke. */
  readonly name: string | null;
  readonly serviceUrl: string;
  readonly conversation: { readonly id: string; readonly personal: boolean };
  /** The tenant whose chat or team it is. */
  readonly tenantId: string;
  /** The sender's own tenant: in a shared channel people of others write. */
  readonly senderTenantId: string;
  /** Who sent it; null where Teams names no directory object (bots, guests without one). */
  readonly sender: TeamsSender | null;
  /** The channel it comes from. */
  readonly channelId: string | null;
  /** The message that the activity answers: for a button, the one whose card was clicked. */
  readonly replyToId: string | null;
  readonly text: string;
  /** The language of the sender's client (BCP 47); null where it is not named. */
  readonly locale: string | null;
  readonly value: Json;
}

const MAX_ID = 512;
const MAX_CONVERSATION_ID = 1_024;
const MAX_URL = 2_048;
const MAX_TEXT = 4_000;

/**
 * Reads an activity of any sender, checking only its shape: the ids that everything rests on are
 * texts of a sane length. Undefined where they are not, or where the tenants it names differ.
 */
export function readActivity(body: unknown): TeamsActivity | undefined {
  if (!isJson(body)) return undefined;
  const from = jsonOr(body.from);
  const conversation = jsonOr(body.conversation);
  const data = jsonOr(body.channelData);
  const type = textOf(body.type, 64);
  const id = textOf(body.id, MAX_ID);
  const serviceUrl = textOf(body.serviceUrl, MAX_URL);
  const userId = textOf(from.id, MAX_ID);
  const conversationId = textOf(conversation.id, MAX_CONVERSATION_ID);
  const tenantId = tenantOf(conversation.tenantId, jsonOr(data.tenant).id);
  if (!type || !id || !serviceUrl || !userId || !conversationId || !tenantId) return undefined;
  const name = optionalText(body.name, 128);
  const replyToId = optionalText(body.replyToId, MAX_ID);
  const ownTenantId = optionalText(from.tenantId, 64);
  if (name === undefined || replyToId === undefined || ownTenantId === undefined) return undefined;
  const senderTenantId = ownTenantId?.toLowerCase() ?? tenantId;
  return {
    raw: body,
    type,
    id,
    name,
    serviceUrl,
    conversation: {
      id: conversationId,
      personal: conversation.conversationType === 'personal',
    },
    tenantId,
    senderTenantId,
    sender: senderOf(from, userId, senderTenantId),
    channelId: channelOf(data),
    replyToId,
    locale: textOf(body.locale, 64) ?? null,
    text: typeof body.text === 'string' ? body.text.slice(0, MAX_TEXT) : '',
    value: jsonOr(body.value),
  };
}

/** The message whose card was clicked, as it is found again for an update. */
export function clickedCard(activity: TeamsActivity) {
  const { conversation, serviceUrl, replyToId } = activity;
  return replyToId === null
    ? null
    : { conversationId: conversation.id, serviceUrl, activityId: replyToId };
}

// Null where it is absent, undefined where it is there and no such text.
function optionalText(value: unknown, limit: number): string | null | undefined {
  return value === undefined || value === null ? null : textOf(value, limit);
}

// One of the two is enough; where both stand they must be the same.
function tenantOf(first: unknown, second: unknown): string | undefined {
  const tenants = [first, second].filter((one) => one !== undefined && one !== null);
  const [tenant] = tenants;
  if (tenants.some((one) => one !== tenant)) return undefined;
  return textOf(tenant, 64)?.toLowerCase();
}

// Where only the team is named, its id is that of its first channel.
function channelOf(data: Json): string | null {
  const named = [
    jsonOr(data.channel).id,
    data.teamsChannelId,
    jsonOr(jsonOr(data.settings).selectedChannel).id,
    jsonOr(data.team).id,
  ];
  return named.map((id) => textOf(id, MAX_CONVERSATION_ID)).find((id) => id !== undefined) ?? null;
}

function senderOf(from: Json, userId: string, tenantId: string): TeamsSender | null {
  const objectId = textOf(from.aadObjectId, 64)?.toLowerCase();
  if (objectId === undefined) return null;
  const name = typeof from.name === 'string' ? from.name.slice(0, 200).toWellFormed() : '';
  return { tenantId, objectId, userId, name };
}
