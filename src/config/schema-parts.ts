import { z } from 'zod';
import { formatDuration, parseDuration } from '../lib/duration.ts';

/** Text that must match a pattern; `expected` describes it in words. */
export const matching = (pattern: RegExp, expected: string) =>
  z.string().regex(pattern, { error: expected });

/** A name that other parts of the configuration use. */
export const nameSchema = matching(
  /^[a-z][a-z0-9-]{0,62}$/,
  'a name of lower-case letters, digits and dashes',
);

/** The name of a role or claim, as tokens write it. */
export const roleSchema = matching(
  /^[A-Za-z][A-Za-z0-9._:/-]{0,119}$/,
  'a role: letters, digits and . _ : / -',
);
export const claimSchema = matching(
  /^[A-Za-z][A-Za-z0-9._:/-]{0,119}$/,
  'a claim: letters, digits and . _ : / -',
);

/** A GUID in lower case, as Entra writes tenants and applications. */
export const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const guidSchema = z
  .string()
  .toLowerCase()
  .regex(GUID, { error: 'a GUID such as 11111111-2222-3333-4444-555555555555' });

/** One line of text. */
export const lineSchema = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[^\r\n]*$/, { error: 'one line of text' });

/** An absolute http(s) URL without user, password and fragment. */
export const urlSchema = z.string().max(2_000).refine(isPlainUrl, {
  error: 'an absolute URL (https://…) without user, password and fragment',
});

/** A duration within bounds, as `90s`, `15m`, `8h`, `2d` or ISO 8601; gives ms. */
export function durationSchema(limits: { minMs: number; maxMs: number }) {
  const { minMs, maxMs } = limits;
  const expected =
    `a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, ` +
    'such as 90s, 15m, 8h or 2d';
  return z.string().transform((text, context) => {
    const ms = parseDuration(text.trim());
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

/** A list without repeats. */
export const uniqueList = <Item extends z.ZodType>(item: Item, maxItems: number) =>
  z
    .array(item)
    .max(maxItems)
    .refine((items) => new Set(items.map((one) => JSON.stringify(one))).size === items.length, {
      error: 'a list without repeats',
    });

/** Keys of a section about a target that is called under an address policy. */
export const targetKeys = {
  allowPrivate: uniqueList(lineSchema(100), 20)
    .default([])
    .describe('Hosts or CIDR ranges that may be private addresses'),
  proxy: z
    .boolean()
    .default(false)
    .describe('Calls through server.proxy, which looks names up itself: no guard of addresses'),
};

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.hash === ''
  );
}
