/** Approved changes written back as TypeScript. */
import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { fieldCode, helpersIn } from '../../cli/drift/code.ts';
import { withFields } from '../../cli/drift/source.ts';
import { compileField } from '../../core/contract/compile.ts';
import * as words from '../../core/contract/fields.ts';
import type { Field } from '../../core/contract/model.ts';
import { datasets } from '../../datasets/index.ts';
import { everything, evolved } from '../core/contract/drawn.ts';

/** The field that a code declares. */
function declared(name: string, code: string): Field {
  const names = Object.keys(words);
  const make = new Function('z', ...names, `return ${code}`) as (...args: unknown[]) => z.ZodType;
  return compileField(name, make(z, ...Object.values(words)));
}

describe('a field written as code', () => {
  it.each([everything, evolved, ...datasets].map((c) => [c.name, c] as const))(
    'is the same field: all of %s',
    (_, { fields }) => {
      for (const field of fields) expect(declared(field.name, fieldCode(field))).toEqual(field);
    },
  );

  it('tells which words it needs', () => {
    expect(helpersIn("list(id()).optional().meta({ aliases: ['date('] })")).toEqual(['id', 'list']);
  });
});

describe('the source of a contract', () => {
  const source = `import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { id } from '../../core/contract/fields.ts';

export const stores = contract('retailos.stores', {
  describe: 'One shop: } and )',
  row: z.object({
    // The number on the door.
    store_id: id({ pattern: /^[)}]$/ }),
    city: id().meta({ aliases: ['a, b'] }),
  }),
  key: ['store_id'],
});
`;

  it('gets fields in the place of those of their names and behind the last, and keeps all else', async () => {
    const codes = { city: 'text()', opened: 'date().optional()', floors: 'int().optional()' };
    expect(await withFields(source, 'retailos.stores', codes)).toBe(
      source
        .replace('{ id } from', '{ date, id, int, text } from')
        .replace(
          "id().meta({ aliases: ['a, b'] }),",
          'text(),\n    opened: date().optional(),\n    floors: int().optional(),',
        ),
    );
  });

  it('is left alone where the contract is not in it', async () => {
    await expect(withFields(source, 'retailos.shops', {})).rejects.toMatchObject({
      code: 'promote.unreadable',
    });
  });
});
