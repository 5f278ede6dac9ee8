-- Ids of changes begin with their time: the oldest are found by the key, and every group of
-- commits wrote two or three pages of an index that only the purge read.
DROP INDEX changes_by_time;
