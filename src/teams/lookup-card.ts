import type { CardContent } from '../usecases/ports.ts';

/**
 * The answer to `status 17`: a button, and nothing about the request. Who may read it is known only
 * once the button has brought a token; till then not even whether there is such a number is said.
 */
export function lookupCard(number: number): CardContent {
  const title = `Request ${number}`;
  const action = { title: 'Review', data: { n: number } };
  const card = {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.5',
    body: [
      { type: 'TextBlock', text: title, weight: 'Bolder', size: 'Medium', wrap: true },
      {
        type: 'TextBlock', text: 'Review shows it to those who may read it.', isSubtle: true,
        spacing: 'Small', wrap: true,
      },
    ],
    actions: [{
      type: 'Action.Execute', verb: 'review', ...action,
      fallback: { type: 'Action.Submit', ...action, data: { ...action.data, verb: 'review' } },
    }],
  };
  return { card, summary: title };
}
