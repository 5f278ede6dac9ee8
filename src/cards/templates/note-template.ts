import type { Text } from '../../text/text.ts';
import { adaptiveCard, plain } from './elements.ts';
import type { Json } from './elements.ts';

/** A sentence of ours. */
export function noteTemplate(text: Text): Json {
  return adaptiveCard(text, [plain('${sentence}')]);
}
