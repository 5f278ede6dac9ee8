import { adaptiveCard, column, columns, execute, plain } from './elements.ts';

/**
 * The answer to `status 17`: the number that was asked for and a button, nothing of the request.
 * Until the button has brought a token not even whether there is such a number is said.
 */
export const STATUS_TEMPLATE = adaptiveCard(
  [
    columns([
      column('stretch', [plain('Request ${number}', { size: 'Medium', weight: 'Bolder' })], {
        verticalContentAlignment: 'Center',
      }),
    ]),
    plain('Review shows it to those who may read it.', { isSubtle: true }, { spacing: 'Small' }),
  ],
  { actions: [execute('Review', 'review', {}, { n: '${number}' })] },
);
