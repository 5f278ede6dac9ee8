import fc from 'fast-check';
import { createCards } from '../../../src/cards/cards.ts';
import { en } from '../../../src/text/en.ts';
import { MAX_CARD_BYTES } from '../../../src/cards/view-limits.ts';
import { visible } from '../../../src/cards/plain-text.ts';
import { MAX_REQUEST_BYTES } from '../../../src/domain/workflow/fields.ts';
import { REQUEST_STATES } from '../../../src/domain/request/state.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { MAX_REASON_LENGTH } from '../../../src/domain/request/submit.ts';
import { bytesOf, problemsOf, textsOf, verbsOf } from './card-reading.ts';
import {
  amara,
  decision,
  NOW,
  OWNER,
  OWNER_ROLE,
  OWNER_SEAT,
  person,
  sample,
  seats,
  viewer,
  withFields,
} from './samples.ts';

const cards = createCards({ publicUrl: 'https://approvals.example' })(en);
const approver = viewer(amara, OWNER_ROLE);
const users = Array.from({ length: 60 }, (_, at) => `29:${String(at).padStart(70, 'x')}`);

function views(request: Request) {
  return [
    cards.request(request, { viewer: null, refreshFor: users, now: NOW }),
    cards.request(request, { viewer: approver, refreshFor: users, now: NOW }),
    cards.review(request, { viewer: approver, now: NOW }),
  ];
}

/** A request at the limits of the domain: 20 decisions with long reasons, long names, all bytes. */
function largest(fields: Record<string, string>, sign: string): Request {
  const base = withFields(fields);
  const reason = sign.repeat(MAX_REASON_LENGTH / sign.length);
  return {
    ...base,
    reason,
    title: sign.repeat(400),
    requester: person(sign.repeat(400)),
    plan: {
      ...base.plan,
      stages: [
        { ...OWNER, seats: seats(12, OWNER_SEAT) },
        {
          ...OWNER,
          id: 'stage-2',
          name: sign.repeat(200),
          after: ['stage-1'],
          seats: seats(20, OWNER_SEAT),
        },
      ],
    },
    decisions: Array.from({ length: 20 }, (_, at) =>
      decision(person(`${sign.repeat(200)}${at}`), 'approve', {
        stage: at < 12 ? 'stage-1' : 'stage-2',
        reason,
      }),
    ),
  };
}

function filled(count: number, sign: string): Record<string, string> {
  const each = Math.floor(MAX_REQUEST_BYTES / count) - 12;
  const text = sign.repeat(Math.floor(each / Buffer.byteLength(JSON.stringify(sign).slice(1, -1))));
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, text]));
}

describe('the size of cards', () => {
  test.each([
    ['one field', 1, 'x'],
    ['ten fields', 10, 'é'],
    ['lines', 3, 'a\n '],
    ['quotes', 4, '"'],
    ['hidden signs', 5, '\u202E'],
    ['deletes', 1, '\u007F'],
    ['emoji', 40, '😀'],
    ['many small fields', 400, 'x'],
    ['controls', 2, '\u0001'],
  ])("stays within the limit at the domain's maxima: %s", (_what, count, sign) => {
    const request = largest(filled(count, sign), sign);
    for (const state of REQUEST_STATES) {
      for (const content of views({ ...request, state })) {
        expect(bytesOf(content)).toBeLessThanOrEqual(MAX_CARD_BYTES);
        expect(content.summary.length).toBeLessThan(300);
      }
    }
    for (const content of views(request)) expect(problemsOf(content.card)).toEqual([]);
  });

  test('a review shows a request of maximum size in full and offers Approve', () => {
    const fields = filled(8, 'x');
    const { card } = cards.review(largest(fields, 'y'), { viewer: approver, now: NOW });
    expect(textsOf(card)).toContain(Object.values(fields)[0]);
    expect(verbsOf(card)).toEqual(['approve', 'deny']);
  });

  test('a request that is too long for a card offers Review, not Approve', () => {
    for (const fields of [{ a: 'x'.repeat(501) }, { a: 'x\n'.repeat(12) }, filled(17, 'x')]) {
      const { card } = cards.request(withFields(fields), {
        viewer: approver,
        refreshFor: [],
        now: NOW,
      });
      expect(verbsOf(card)).toEqual(['review']);
      expect(textsOf(card)).toContain('Parts are too long for this card. Review shows everything.');
    }
    const reason = 'r'.repeat(501);
    const { card } = cards.request(sample({ reason }), { viewer: null, refreshFor: [], now: NOW });
    expect(verbsOf(card)).toEqual(['review']);
  });

  test('a request that is too long for any card can be denied, never approved', () => {
    const { card } = cards.review(largest(filled(1, '\u007F'), 'z'), {
      viewer: approver,
      now: NOW,
    });
    expect(verbsOf(card)).toEqual(['deny']);
    expect(textsOf(card).join('\n')).toContain('https://approvals.example/v1/requests/req_01');
  });

  test('offers Approve only where every field and the reason are shown in full', () => {
    const text = fc.string({ unit: 'binary', maxLength: 700 });
    const fields = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text);
    fc.assert(
      fc.property(fields, text, (given, reason) => {
        const request = { ...withFields(given), reason };
        for (const { card } of views(request)) {
          if (!verbsOf(card).includes('approve')) continue;
          const read = textsOf(card).join('\n').replaceAll('↵', '\n');
          for (const value of [...Object.values(given), reason]) {
            expect(read).toContain(visible(value).replaceAll('↵', '\n'));
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
