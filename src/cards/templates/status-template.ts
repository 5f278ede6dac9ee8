import { adaptiveCard, column, columns, execute, plain } from './elements.ts';

/** A request's number and a way to it; nothing that only some may read. */
export const STATUS_TEMPLATE = adaptiveCard([
  columns([
    column('stretch', [plain('Request ${number}', { size: 'Medium', weight: 'Bolder' })], {
      verticalContentAlignment: 'Center',
    }),
  ]),
  plain('Review shows it to those who may read it.', { isSubtle: true }, { spacing: 'Small' }),
], { actions: [execute('Review', 'review')] });
