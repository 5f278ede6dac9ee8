import { z } from 'zod';

const hash = z.string().describe('SHA-256, base64url without padding');
const size = z.int().describe('Number of leaves');

export const auditCheckpointSchema = z
  .object({
    size,
    root: hash.nullable(),
    at: z.string().meta({ format: 'date-time' }).nullable(),
    jws: z.string().nullable().describe('Compact JWS over {origin, size, root, at}; at in ms'),
  })
  .meta({ id: 'AuditCheckpoint' });

export const auditEntriesSchema = z.object({
  entries: z.array(
    z
      .object({
        index: z.int(),
        eventId: z.string(),
        hash: hash.describe('Leaf hash: SHA-256 over 0x00 and the bytes of body'),
        body: z.string().describe('The stored JSON text of the event'),
      })
      .meta({ id: 'AuditEntry' }),
  ),
  next: z.int().nullable().describe('`from` of the next page'),
});

export const inclusionSchema = z.object({
  index: z.int(),
  size,
  leaf: hash,
  proof: z.array(hash),
});

export const consistencySchema = z.object({
  from: size,
  to: size,
  proof: z.array(hash),
});
