import ts from 'typescript';
import { parse, placeOf, visit } from './tree.ts';
import type { File } from './tree.ts';

/** Members whose result differs from call to call: the clock and the ids stand for them. */
const IMPURE = ['Date.now', 'Math.random', 'crypto.randomUUID', 'crypto.getRandomValues'];
const RANDOM_IMPORTS = ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync'];

const kebab = /^[a-z\d]+(-[a-z\d]+)*(\.(property|test|d))*\.[a-z]+$/;

/** Whether a file's name is in kebab case. */
export function isKebab(path: string): boolean {
  return kebab.test(path.split('/').at(-1) ?? '');
}

/** Exports without a name, as places. */
export function defaultExports(file: File): string[] {
  const source = parse(file);
  const found: string[] = [];
  visit(source, (node) => {
    const isDefault =
      ts.isExportAssignment(node) ||
      (ts.canHaveModifiers(node) &&
        ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) ||
      (ts.isExportSpecifier(node) && node.name.text === 'default');
    if (isDefault) found.push(placeOf(source, node));
  });
  return found;
}

/** Uses of the machine's clock or randomness, as places. */
export function impurities(file: File): string[] {
  const source = parse(file);
  const found: string[] = [];
  visit(source, (node) => {
    const member = ts.isPropertyAccessExpression(node) && IMPURE.includes(node.getText(source));
    const emptyDate =
      ts.isNewExpression(node) &&
      node.expression.getText(source) === 'Date' &&
      (node.arguments?.length ?? 0) === 0;
    const bareDate = ts.isCallExpression(node) && node.expression.getText(source) === 'Date';
    const random =
      ts.isImportSpecifier(node) && RANDOM_IMPORTS.includes((node.propertyName ?? node.name).text);
    if (member || emptyDate || bareDate || random) found.push(placeOf(source, node));
  });
  return found;
}

/** `any`, `x!` and catches without a word, as places. */
export function looseEnds(file: File): string[] {
  const source = parse(file);
  const found: string[] = [];
  visit(source, (node) => {
    const empty = ts.isCatchClause(node) && node.block.statements.length === 0;
    if (node.kind === ts.SyntaxKind.AnyKeyword || ts.isNonNullExpression(node) || empty) {
      found.push(placeOf(source, node));
    }
  });
  return found;
}

/** Exported functions and classes without a docstring, as places. */
export function undocumented(file: File): string[] {
  const source = parse(file);
  return source.statements.flatMap((statement) => {
    const declares = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
    const exported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    const overload = ts.isFunctionDeclaration(statement) && statement.body === undefined;
    if (!declares || !exported || overload) return [];
    return ts.getJSDocCommentsAndTags(statement).length > 0 ? [] : [placeOf(source, statement)];
  });
}
