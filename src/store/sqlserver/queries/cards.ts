import { COLUMNS } from '../columns.ts';
import { BY_KEY, CONVERSATION_KEY, query, rowsOf } from '../query.ts';

/** Cards, and the conversations of people and channels. */

/** The columns of a card under the names of the port. */
export const CARD = `
  id, request_id AS requestId, state, channel, conversation_id AS conversationId,
  service_url AS serviceUrl, activity_id AS activityId, posted_revision AS postedRevision`;

const CARDS = rowsOf('@cards', COLUMNS.cards);

/** Part of a commit. Rejects a card of a missing request; requests are never deleted. */
export const CHECK_CARDS = `
  IF EXISTS (
    SELECT 1 FROM ${CARDS} n
    WHERE NOT EXISTS (SELECT 1 FROM dbo.requests r WHERE r.id = n.request_id)
  ) SET @outcome = N'orphan';`;

/** Part of a commit. Ignores a card whose message another card has. */
export const UPSERT_CARDS = `
  UPDATE c SET
    request_id = n.request_id, state = n.state, channel = n.channel,
    conversation_id = n.conversation_id, service_url = n.service_url, activity_id = n.activity_id,
    posted_revision = n.posted_revision, message_key = n.message_key
  FROM dbo.cards c JOIN ${CARDS} n ON c.id = n.id
  WHERE NOT EXISTS (
    SELECT 1 FROM dbo.cards o WHERE o.message_key = n.message_key AND o.id <> c.id
  ) ${BY_KEY};
  INSERT INTO dbo.cards
    (id, request_id, state, channel, conversation_id, service_url, activity_id, posted_revision,
      message_key)
  SELECT n.id, n.request_id, n.state, n.channel, n.conversation_id, n.service_url, n.activity_id,
    n.posted_revision, n.message_key
  FROM ${CARDS} n
  WHERE NOT EXISTS (SELECT 1 FROM dbo.cards c WHERE c.id = n.id)
    AND NOT EXISTS (SELECT 1 FROM dbo.cards o WHERE o.message_key = n.message_key);`;

/** Primary key conversations_pk */
export const FIND_CONVERSATION = query(
  { key: CONVERSATION_KEY },
  `
  SELECT [key], tenant_id AS tenantId, conversation_id AS conversationId,
    service_url AS serviceUrl, user_id AS userId, updated_at AS updatedAt
  FROM dbo.conversations WHERE [key] = @key`,
);

const CONVERSATIONS = rowsOf('@conversations', COLUMNS.conversations);

/** Part of a commit. An older value changes nothing. */
export const UPSERT_CONVERSATIONS = `
  UPDATE c SET
    tenant_id = n.tenant_id, conversation_id = n.conversation_id, service_url = n.service_url,
    user_id = n.user_id, updated_at = n.updated_at
  FROM dbo.conversations c JOIN ${CONVERSATIONS} n ON c.[key] = n.[key]
  WHERE n.updated_at >= c.updated_at ${BY_KEY};
  INSERT INTO dbo.conversations
    ([key], tenant_id, conversation_id, service_url, user_id, updated_at)
  SELECT n.[key], n.tenant_id, n.conversation_id, n.service_url, n.user_id, n.updated_at
  FROM ${CONVERSATIONS} n
  WHERE NOT EXISTS (SELECT 1 FROM dbo.conversations c WHERE c.[key] = n.[key]);`;
