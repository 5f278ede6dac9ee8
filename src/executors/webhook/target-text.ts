import { scanJson } from '../../lib/scan-json.ts';

/** Characters that a target may put into what people are shown. */
export const MAX_MESSAGE_LENGTH = 300;
export const MAX_REFERENCE_LENGTH = 200;

/** What a target says about itself, made safe to show; null where it says nothing usable. */
export interface TargetAnswer {
  readonly reference: string | null;
  readonly message: string | null;
}

/**
 * Reads `reference` and `message` (or RFC 9457's `detail` and `title`) of a JSON answer. The text
 * is hostile: anything else than an object with such texts says nothing.
 */
export function readAnswer(body: string): TargetAnswer {
  const parsed = parseObject(body);
  const text = (name: string, limit: number) => {
    const value = Object.hasOwn(parsed, name) ? parsed[name] : undefined;
    return typeof value === 'string' ? plainLine(value, limit) : null;
  };
  return {
    reference: text('reference', MAX_REFERENCE_LENGTH),
    message:
      text('message', MAX_MESSAGE_LENGTH) ??
      text('detail', MAX_MESSAGE_LENGTH) ??
      text('title', MAX_MESSAGE_LENGTH),
  };
}

/**
 * One line of at most `limit` characters: control, format and direction-changing characters and
 * lone surrogates are gone, white space is single. Null where nothing is left.
 */
export function plainLine(text: string, limit: number): string | null {
  const line = text
    .slice(0, limit * 8)
    .toWellFormed()
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cf}\p{Co}\p{Cn}\uFFFD]/gu, '')
    .trim();
  if (line === '') return null;
  const characters = [...line];
  return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join('')}…`;
}

/** Deeper answers say nothing that is shown, nor do those whose keys are odd (scan-json.ts). */
const MAX_DEPTH = 32;

function parseObject(body: string): Record<string, unknown> {
  if (scanJson(body, MAX_DEPTH) !== undefined) return {};
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
