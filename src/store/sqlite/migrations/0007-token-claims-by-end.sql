-- The key of a token's claim begins with the time until which it is remembered: tokens that are used
-- at one time end at one time, so their keys lie side by side, where each lay on a page of its own.
UPDATE claims SET key = expires_at || '|' || key WHERE kind = 'token';
