/** Cards, and the conversations of people and channels. */

/** Inserts nothing if another card has the same message. */
export const UPSERT_CARD = `
  INSERT INTO cards
    (id, request_id, state, channel, conversation_id, service_url, activity_id, posted_revision)
  SELECT :id, :requestId, :state, :channel, :conversationId, :serviceUrl, :activityId,
    :postedRevision
  WHERE NOT EXISTS (
    SELECT 1 FROM cards c
    WHERE c.conversation_id = :conversationId AND c.activity_id = :activityId AND c.id <> :id
  )
  ON CONFLICT (id) DO UPDATE SET
    request_id = excluded.request_id,
    state = excluded.state,
    channel = excluded.channel,
    conversation_id = excluded.conversation_id,
    service_url = excluded.service_url,
    activity_id = excluded.activity_id,
    posted_revision = excluded.posted_revision`;

export const FIND_CONVERSATION = `
  SELECT key, tenant_id AS tenantId, conversation_id AS conversationId, service_url AS serviceUrl,
    user_id AS userId, updated_at AS updatedAt
  FROM conversations WHERE key = :key`;

/** An older value changes nothing. */
export const UPSERT_CONVERSATION = `
  INSERT INTO conversations (key, tenant_id, conversation_id, service_url, user_id, updated_at)
  VALUES (:key, :tenantId, :conversationId, :serviceUrl, :userId, :updatedAt)
  ON CONFLICT (key) DO UPDATE SET
    tenant_id = excluded.tenant_id,
    conversation_id = excluded.conversation_id,
    service_url = excluded.service_url,
    user_id = excluded.user_id,
    updated_at = excluded.updated_at
  WHERE excluded.updated_at >= updated_at`;
