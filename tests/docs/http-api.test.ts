import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HTTP_PROBLEMS, REFUSAL_STATUS } from '../../src/http/codes.ts';
import { ROOT } from '../conventions/tree.ts';
import { declaredRoutes } from '../support/declared-answers.ts';

const page = readFileSync(join(ROOT, 'docs/reference/http-api.md'), 'utf8');
const statuses: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(HTTP_PROBLEMS).map(([code, [status]]) => [code, status])),
  ...REFUSAL_STATUS,
};

/** The text of the section with this title. */
function sectionOf(title: string): string {
  return page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
}

const routes = declaredRoutes()
  .filter(({ path }) => path.startsWith('/v1/'))
  .map((route) => ({
    ...route,
    title: `${route.method} ${route.path.replace(/:(\w+)/g, '{$1}')}`,
  }));

describe('docs/reference/http-api.md', () => {
  test('has exactly one section for each route under /v1', () => {
    const sections = [...page.matchAll(/^## ((?:GET|POST) \/v1\S*)$/gm)].map(([, title]) => title);
    expect(sections.sort()).toEqual(routes.map(({ title }) => title).sort());
  });

  test.each(routes)('names every parameter and every problem code of $title', ({ title, query, header, problems }) => {
    const section = sectionOf(title);
    const parameters = [query, header].flatMap((one) =>
      Object.keys(one?.shape ?? {}),
    );
    const named = [...parameters, ...(problems ?? [])];
    expect(named.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
  });

  test.each(routes)('lists each problem code of $title under its own status', ({ title, problems }) => {
    const rows = [...sectionOf(title).matchAll(/^\| (\d{3}) \| (.*) \|$/gm)];
    for (const [, status, cell = ''] of rows) {
      const codes = [...cell.matchAll(/`(\w+_\w+)`/g)].map(([, code = '']) => code);
      expect(codes.map((code) => statuses[code])).toEqual(codes.map(() => Number(status)));
      expect(problems).toEqual(expect.arrayContaining(codes));
    }
  });
});
