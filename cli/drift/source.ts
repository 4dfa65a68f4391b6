/** Edits the source of a contract: fields are found by TypeScript's own parser, everything else stays as it is. */
import type { Node, SourceFile } from 'typescript';
import { WharfError } from '../../core/errors.ts';
import { helpersIn } from './code.ts';

interface Edit {
  readonly at: number;
  readonly to: number;
  readonly text: string;
}

const apply = (source: string, edits: readonly Edit[]): string =>
  edits
    .toSorted((a, b) => b.at - a.at)
    .reduce((text, { at, to, text: by }) => text.slice(0, at) + by + text.slice(to), source);

/**
 * A contract's source with some fields in the place of those of their names, or behind the last.
 * @param codes field → its code
 * @throws WharfError `promote.unreadable`
 */
export async function withFields(
  source: string,
  name: string,
  codes: Readonly<Record<string, string>>,
): Promise<string> {
  // It is there where contracts are written, and large: nobody else waits for it.
  const { default: ts } = await import('typescript');
  const file: SourceFile = ts.createSourceFile('contract.ts', source, ts.ScriptTarget.Latest, true);
  const row = findRow(file);
  if (!row || !ts.isObjectLiteralExpression(row))
    throw new WharfError(`No row: z.object({ … }) of contract('${name}', …) was found`, {
      code: 'promote.unreadable',
      fix: 'Write the fields by hand: wharf contract promote --dry-run prints them',
    });
  const known = new Map(
    row.properties.flatMap((property) =>
      ts.isPropertyAssignment(property) ? [[property.name.getText(), property.initializer] as const] : [],
    ),
  );
  const edits = Object.entries(codes).map(([field, code]): Edit => {
    const was = known.get(field);
    if (was) return { at: was.getStart(), to: was.end, text: code };
    const end = row.properties.hasTrailingComma
      ? row.properties.end
      : (row.properties.at(-1)?.end ?? row.end - 1);
    const comma = row.properties.hasTrailingComma || row.properties.length === 0 ? '' : ',';
    return { at: end, to: end, text: `${comma}\n    ${field}: ${code},` };
  });
  return apply(source, [...merged(edits), ...imports(file)]);

  function findRow(node: Node): Node | undefined {
    if (ts.isCallExpression(node) && node.expression.getText() === 'contract') {
      const [first, declared] = node.arguments;
      if (first && ts.isStringLiteral(first) && first.text === name && declared) return rowOf(declared);
    }
    return ts.forEachChild(node, findRow);
  }

  function rowOf(declared: Node): Node | undefined {
    if (!ts.isObjectLiteralExpression(declared)) return undefined;
    const found = declared.properties.find((property) => property.name?.getText() === 'row');
    if (!found || !ts.isPropertyAssignment(found) || !ts.isCallExpression(found.initializer))
      return undefined;
    return found.initializer.arguments[0];
  }

  /** What the fields need beside what is imported. */
  function imports(from: SourceFile): Edit[] {
    const used = helpersIn(Object.values(codes).join(' '));
    const declared = from.statements.find(
      (one) => ts.isImportDeclaration(one) && /contract\/fields\.ts/.test(one.moduleSpecifier.getText()),
    );
    if (!declared) {
      const at = from.statements.findLast(ts.isImportDeclaration)?.end ?? 0;
      const text = `\nimport { ${used.join(', ')} } from '../../core/contract/fields.ts';`;
      return used.length ? [{ at, to: at, text }] : [];
    }
    const bindings = ts.isImportDeclaration(declared) ? declared.importClause?.namedBindings : undefined;
    if (!bindings || !ts.isNamedImports(bindings)) return [];
    const names = new Set([...bindings.elements.map((element) => element.getText()), ...used]);
    return [{ at: bindings.getStart(), to: bindings.end, text: `{ ${[...names].sort().join(', ')} }` }];
  }
}

/** Several texts for one place, in their order. */
const merged = (edits: readonly Edit[]): Edit[] =>
  [...Map.groupBy(edits, ({ at, to }) => `${at}-${to}`).values()].map((same) => ({
    ...same[0]!,
    text: same.map(({ text }, i) => (i > 0 ? text.replace(/^,/, '') : text)).join(''),
  }));
