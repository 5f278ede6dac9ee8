/** Statements of an erasure. `:names` and other lists are JSON. */

const NAMES = '(SELECT value FROM json_each(:names))';

/** The object id in the key of a chat: `person:<tenant>:<object id>` (conversationKey). */
const TENANT = `replace(replace(tenant_id, '%', '%25'), ':', '%3A')`;
const OF_KEY = `substr(key, length('person:' || ${TENANT} || ':') + 1)`;

/** `names` includes the `objectIds`. */
export const FIND_KNOWN_AS = `
  SELECT tenant_id AS tenantId, object_id AS objectId, user_id AS userId, NULL AS principal
  FROM people WHERE key IN ${NAMES} OR object_id IN ${NAMES} OR user_id IN ${NAMES}
  UNION SELECT tenant_id, object_id, NULL, principal
  FROM sessions WHERE object_id IN ${NAMES} OR principal IN ${NAMES}
  UNION SELECT tenant_id, ${OF_KEY}, user_id, NULL
  FROM conversations
  WHERE key LIKE 'person:%' AND (user_id IN ${NAMES} OR ${OF_KEY} IN ${NAMES})
  UNION SELECT NULL, NULL, NULL, k.person
  FROM json_each(:objectIds) o JOIN person_keys k ON k.person LIKE '%|' || o.value`;

export const DELETE_PERSON_KEYS = `
  DELETE FROM person_keys WHERE pseudonym IN (SELECT value FROM json_each(:pseudonyms))`;

export const ANY_PERSON_KEY = `SELECT 1 FROM person_keys WHERE person IN ${NAMES} LIMIT 1`;

/** No row changed: the request has another version. */
export const OVERWRITE_REQUEST = `
  UPDATE requests
  SET version = :version, requester_key = :requesterKey, asked = :asked, progress = :progress
  WHERE id = :id AND version = :seen`;

export const OVERWRITE_DECISION = `
  UPDATE decisions SET approver_key = :approverKey, body = :body
  WHERE request_id = :requestId AND id = :id`;

/** Runs before DELETE_CONVERSATIONS. `:ids` are the overwritten requests. */
export const DELETE_CHAT_CARDS = `
  DELETE FROM cards WHERE (channel IS NULL AND request_id IN (SELECT value FROM json_each(:ids)))
    OR conversation_id IN (
      SELECT conversation_id FROM conversations WHERE user_id IN ${NAMES} OR key IN ${NAMES}
    )`;

/** Deletes the error texts of Teams, which may contain personal data. */
export const CLEAR_JOB_ERRORS = `
  UPDATE jobs SET error = NULL
  WHERE about_type = 'request' AND about_id IN (SELECT value FROM json_each(:ids))`;

/** Replies that were not delivered yet: one to somebody else may name the person too. */
export const DELETE_REPLIES = `
  DELETE FROM jobs WHERE kind = 'reply'`;

/** `:ids` are of requests that the person asked for. */
export const DELETE_REPEATS = `
  DELETE FROM once_keys
  WHERE kind = 'idempotency' AND request_id IN (SELECT value FROM json_each(:ids))`;

export const DELETE_ROLES = `
  DELETE FROM people_roles WHERE person_key IN (
    SELECT key FROM people WHERE key IN ${NAMES} OR object_id IN ${NAMES} OR user_id IN ${NAMES}
  )`;

export const DELETE_PEOPLE = `
  DELETE FROM people WHERE key IN ${NAMES} OR object_id IN ${NAMES} OR user_id IN ${NAMES}`;

export const DELETE_CONVERSATIONS = `
  DELETE FROM conversations WHERE user_id IN ${NAMES} OR key IN ${NAMES}`;

export const DELETE_SESSIONS = `
  DELETE FROM sessions WHERE object_id IN ${NAMES} OR principal IN ${NAMES}`;

export const DELETE_LINKS = `DELETE FROM sign_in_links WHERE object_id IN ${NAMES}`;
