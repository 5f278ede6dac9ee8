import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import { isJsonObject, jsonOr, textOf } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** An activity of a checked shape. Other members of `raw` are not checked. */
export interface TeamsActivity {
  readonly raw: JsonObject;
  readonly type: string;
  readonly id: string;
  /** The name of an invoke. */
  readonly name: string | null;
  readonly serviceUrl: string;
  readonly conversation: { readonly id: string; readonly personal: boolean };
  /** The tenant of the chat or team. */
  readonly tenantId: string;
  /** The sender's tenant; in a shared channel it may differ. */
  readonly senderTenantId: string;
  /** The sender; null where Teams names no directory object (bots, some guests). */
  readonly sender: TeamsSender | null;
  readonly channelId: string | null;
  /** The message that the activity refers to; for a button, the message with the card. */
  readonly replyToId: string | null;
  /** The language of the sender's client (BCP 47); null: unknown. */
  readonly locale: string | null;
  readonly value: JsonObject;
}

const MAX_ID = 512;
const MAX_CONVERSATION_ID = 1_024;
const MAX_URL = 2_048;

/**
 * Reads an activity and checks its shape: every id that other code relies on is a text of limited
 * length. Undefined where the shape is wrong or the tenants contradict each other.
 */
export function readActivity(body: unknown): TeamsActivity | undefined {
  if (!isJsonObject(body)) return undefined;
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
    value: jsonOr(body.value),
  };
}

// Null where it is absent, undefined where it is invalid.
function optionalText(value: unknown, limit: number): string | null | undefined {
  return value === undefined || value === null ? null : textOf(value, limit);
}

// One of the two is enough; if both are present, they must be equal.
function tenantOf(first: unknown, second: unknown): string | undefined {
  const tenants = [first, second].filter((one) => one !== undefined && one !== null);
  const [tenant] = tenants;
  if (tenants.some((one) => one !== tenant)) return undefined;
  return textOf(tenant, 64)?.toLowerCase();
}

// A team's id is the id of its first channel.
function channelOf(data: JsonObject): string | null {
  const named = [
    jsonOr(data.channel).id,
    data.teamsChannelId,
    jsonOr(jsonOr(data.settings).selectedChannel).id,
    jsonOr(data.team).id,
  ];
  return named.map((id) => textOf(id, MAX_CONVERSATION_ID)).find((id) => id !== undefined) ?? null;
}

function senderOf(from: JsonObject, userId: string, tenantId: string): TeamsSender | null {
  const objectId = textOf(from.aadObjectId, 64)?.toLowerCase();
  if (objectId === undefined) return null;
  const name = typeof from.name === 'string' ? from.name.slice(0, 200).toWellFormed() : '';
  return { tenantId, objectId, userId, name };
}
