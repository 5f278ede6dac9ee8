import { formatPath } from './problem.ts';
import type { Path } from './problem.ts';
import type { Report } from './report.ts';
import type { YamlSource } from './yaml-source.ts';

/** GUIDs that templates and our own messages show. */
const PLACEHOLDER_GUID =
  /^(?:([01])\1{7}-(?:\1{4}-){3}\1{12}|12345678-1234-.*|11111111-2222-3333-4444-555555555555|x{8}-.*)$/i;
/** Names that never exist (RFC 2606). */
const EXAMPLE_HOST = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid)$/i;

/** Whether a GUID is the one of a template. */
export function isPlaceholderGuid(text: string): boolean {
  return PLACEHOLDER_GUID.test(text);
}

/** Whether a host exists in examples only. */
export function isExampleHost(host: string): boolean {
  return EXAMPLE_HOST.test(host.replace(/\.$/, ''));
}

/**
 * Looks for what was left from a template in every value: GUIDs, which no directory has, are
 * problems, and addresses, which no name server knows, are warnings.
 */
export function checkPlaceholders(
  source: YamlSource,
  { report, warn }: { report: Report<'production_placeholder'>; warn: Report },
): void {
  const visit = (value: unknown, path: Path): void => {
    if (Array.isArray(value)) value.forEach((item, at) => visit(item, [...path, at]));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    } else if (typeof value === 'string') check(value, path);
  };
  const check = (text: string, path: Path): void => {
    const reference = source.references.get(formatPath(path));
    const found = reference === undefined ? text : `the value of ${reference}`;
    if (isPlaceholderGuid(text)) {
      report(path, 'production_placeholder', found, 'your own id: this is that of a template');
    } else if (/^https?:/i.test(text) && isExampleHost(URL.parse(text)?.hostname ?? '')) {
      warn(path, 'example_address', found, 'your own address: names under .example never exist');
    }
  };
  visit(source.data, []);
}
