-- The key of a token's claim begins with the time until which it is remembered: tokens that are used
-- at one time end at one time, so their keys lie side by side. One that was kept as a hash, or would
-- be by now, cannot be told; it was so long that hardly an issuer makes it.
UPDATE dbo.claims SET [key] = CONCAT(expires_at, N'|', [key])
  WHERE kind = N'token' AND LEN(CONCAT(expires_at, N'|', [key])) <= 400
  AND [key] NOT LIKE N'sha256:%';
