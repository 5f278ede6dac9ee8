-- Ids of changes begin with their time: the oldest are found by the key, and every commit wrote
-- three pages of an index that only the purge read.
DROP INDEX changes_by_time;
