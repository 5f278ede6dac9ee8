import { JSON_TEXT, KIND, PRINCIPAL_KEY, SMALL, WHOLE, query, rowsOf, textsOf } from '../query.ts';
import { REQUEST } from './requests.ts';

/** The index of who may read what. The plain strings are parts of a commit or an erasure. */

export const READER = 'nvarchar(64)';

const READERS = rowsOf('@readers', { reader: READER, is_open: SMALL });

/** Rows of a request that has ended replace its open ones. */
export const PUT_READERS = `
  SELECT @number = r.number FROM dbo.requests r WHERE r.id = @requestId;
  DELETE FROM dbo.request_readers
  WHERE number = @number AND is_open = 1
    AND reader IN (SELECT n.reader FROM ${READERS} n WHERE n.is_open = 0);
  INSERT INTO dbo.request_readers (reader, is_open, number)
  SELECT n.reader, n.is_open, @number FROM ${READERS} n
  WHERE NOT EXISTS (
    SELECT 1 FROM dbo.request_readers i
    WHERE i.reader = n.reader AND i.is_open = n.is_open AND i.number = @number
  );`;

const RENAMED = rowsOf('@readers', { id: 'nvarchar(100)', reader: READER, is_open: SMALL });

/** For an erasure: the readers of the overwritten requests anew. */
export const REPLACE_READERS = `
  DELETE FROM dbo.request_readers WHERE number IN (
    SELECT r.number FROM dbo.requests r JOIN ${RENAMED} n ON n.id = r.id
  );
  INSERT INTO dbo.request_readers (reader, is_open, number)
  SELECT n.reader, n.is_open, r.number FROM ${RENAMED} n JOIN dbo.requests r ON r.id = n.id;`;

/**
 * The newest numbers of each reader by index, then the newest of all readers. Reads only requests
 * that one of the readers may read. Primary key request_readers_pk
 */
export const LIST_READABLE = query(
  {
    readers: JSON_TEXT,
    open: JSON_TEXT,
    states: JSON_TEXT,
    workflow: 'nvarchar(200)',
    requester: PRINCIPAL_KEY,
    before: WHOLE,
    limit: SMALL,
  },
  `
  SELECT ${REQUEST} FROM dbo.requests r
  WHERE r.number IN (
    SELECT TOP (@limit) x.number
    FROM ${textsOf('@readers', READER)} t CROSS JOIN ${textsOf('@open', 'nvarchar(1)')} o
    CROSS APPLY (
      SELECT TOP (@limit) i.number
      FROM dbo.request_readers i JOIN dbo.requests q ON q.number = i.number
      WHERE i.reader = t.text AND i.is_open = CAST(o.text AS int) AND i.number < @before
        AND q.state IN (SELECT s.text FROM ${textsOf('@states', KIND)} s)
        AND (@workflow = N'' OR q.workflow = @workflow)
        AND (@requester = N'' OR q.requester_key = @requester)
      ORDER BY i.number DESC
    ) x
    GROUP BY x.number ORDER BY x.number DESC
  )
  ORDER BY r.number DESC`,
);
