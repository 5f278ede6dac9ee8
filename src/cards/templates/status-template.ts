import type { Text } from '../../text/text.ts';
import { adaptiveCard, column, columns, execute, plain, quiet } from './elements.ts';
import type { Json } from './elements.ts';

/**
 * The answer to `status 17`: the number and a button. It reveals nothing of the request, not even
 * whether it exists, because no token has come yet.
 */
export function statusTemplate(text: Text): Json {
  return adaptiveCard(
    text,
    [
      columns([
        column('stretch', [plain('${title}', { size: 'Medium', weight: 'Bolder' })], {
          verticalContentAlignment: 'Center',
        }),
      ]),
      quiet(text.cards.reviewShows, { spacing: 'Small' }),
    ],
    { actions: [execute(text.cards.review, 'review', {}, { n: '${number}' })] },
  );
}
