/** What `infer` prints is a contract that loads and accepts the file it was printed for. */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkFile } from '../../cli/commands/check.ts';
import { inferContract } from '../../cli/commands/infer.ts';
import type { Contract, Type } from '../../core/contract/model.ts';
import { generateText } from '../../core/generate/generate.ts';
import { datasets } from '../../datasets/index.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { root, type Workplace, workplace } from './support.ts';

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
  // A printed contract belongs into datasets/<domain>/ and imports from there.
  await mkdir(place.file('datasets/shop'), { recursive: true });
  for (const name of ['core', 'node_modules']) await symlink(join(root, name), place.file(name));
});
afterAll(() => place[Symbol.asyncDispose]());

let inferred = 0;

/** Infers, keeps, loads, and judges the same file with what was loaded. */
async function roundTrip(name: string, body: string | Uint8Array) {
  const file = place.file(name);
  await writeFile(file, body);
  const source = await inferContract(file, 'shop.orders');
  const path = place.file(`datasets/shop/orders${inferred++}.ts`);
  await writeFile(path, source);
  const contract = Object.values((await import(path)) as Record<string, Contract>)[0]!;
  const { rows: _, ...books } = await checkFile(contract, file);
  const types = Object.fromEntries(contract.fields.map((f) => [f.name, f.type] as const));
  const kinds = Object.fromEntries(Object.entries(types).map(([field, { is }]) => [field, is]));
  return { source, contract, books, types, kinds };
}

const allAccepted = (read: number) => ({ read, accepted: read, quarantined: 0, duplicate: 0, reasons: {} });

describe('an inferred contract', () => {
  for (const dataset of datasets)
    for (const format of ['csv', 'ndjson'] as const)
      it(`accepts all of ${dataset.name} as ${format}, and keeps its identifiers text`, async () => {
        const options = { rows: 300, seed: 7, defects: 0, day: '2025-01-15', format };
        const body = [...generateText(dataset, options)].join('');
        const { books, contract, types } = await roundTrip(`${dataset.dataset}.${format}`, body);
        expect(books.quarantined).toBe(0);
        expect(books.accepted + books.duplicate).toBe(300);
        const ids = dataset.fields.filter(({ type }) => type.is === 'id').map(({ name }) => name);
        const found = contract.fields.filter(({ name }) => ids.includes(name));
        expect(found.filter(({ name }) => !['id', 'text', 'enum'].includes(types[name]!.is))).toEqual([]);
      });

  it('tells numbers, money, dates, instants, truths, choices and text apart', async () => {
    const lines = Array.from(
      { length: 12 },
      (_, i) =>
        `A${i},0${i},${i},${i}.5,${i}.123456,2025-01-${10 + i},2025-01-${10 + i}T08:00:00Z,${20 + i}/01/2025,01/${20 + i}/2025,${i % 2 ? 'yes' : 'no'},${i % 2 ? 'web' : 'shop'},text ${i}`,
    );
    const head = 'order_id,postcode,qty,price,share,day,at,eu,us,gift,channel,note';
    const { kinds, books, contract, source } = await roundTrip('kinds.csv', [head, ...lines].join('\n'));
    expect(kinds).toEqual({
      ...{ order_id: 'id', postcode: 'id', qty: 'int', price: 'decimal', share: 'float', day: 'date' },
      ...{ at: 'instant', eu: 'date', us: 'date', gift: 'boolean', channel: 'enum', note: 'text' },
    });
    expect(books).toEqual(allAccepted(12));
    expect(contract.key).toEqual(['order_id']);
    expect(contract.partitionBy).toMatchObject([{ transform: 'month', field: 'day' }]);
    expect(source).not.toContain('//');
  });

  it('reads lists and objects of JSON, however deep', async () => {
    const records = [
      {
        id: 'a',
        to: { city: 'Köln', zip: '01234' },
        lines: [{ sku: 'X', qty: 1 }],
        tags: ['new'],
        empty: [],
      },
      { id: 'b', to: { city: 'Ulm' }, lines: [{ sku: 'Y', qty: 2, 'gift card': { code: '7' } }], empty: [] },
    ];
    const { types, books } = await roundTrip('nested.json', JSON.stringify(records));
    const shape = (type: Type): unknown =>
      type.is === 'list'
        ? [shape(type.items)]
        : type.is === 'object'
          ? Object.fromEntries(type.fields.map((f) => [`${f.name}${f.required ? '' : '?'}`, shape(f.type)]))
          : type.is;
    expect(Object.fromEntries(Object.entries(types).map(([name, type]) => [name, shape(type)]))).toEqual({
      id: 'id',
      to: { city: 'text', 'zip?': 'id' },
      lines: [{ sku: 'id', qty: 'int', 'gift card?': { code: 'id' } }],
      tags: ['text'],
      empty: ['text'],
    });
    expect(books).toEqual(allAccepted(2));
  });

  it('reads nested columns of Parquet, and lists that stand in a CSV', async () => {
    const path = place.file('nested.parquet');
    using engine = await Engine.open({ dir: place.dir, memoryMb: 100 });
    await engine.session((session) =>
      session.run(
        `COPY (SELECT 'a' AS id, [1, 2] AS sizes, {'w': 1.5} AS box) TO '${path}' (FORMAT parquet)`,
      ),
    );
    const parquet = await roundTrip('again.parquet', await readFile(path));
    expect(parquet).toMatchObject({
      kinds: { id: 'id', sizes: 'list', box: 'object' },
      books: allAccepted(1),
    });
    const csv = await roundTrip('lists.csv', 'id,tags\n1,"[""a"",""b""]"\n2,[]\n');
    expect(csv).toMatchObject({ kinds: { tags: 'list' }, books: allAccepted(2) });
  });

  it('says what it cannot tell, and accepts the file all the same', async () => {
    const csv = await roundTrip(
      'unsure.csv',
      'preis;fee;when;nothing;a b;A_B\n1,50;$3;01/02/2025;;1;2\n2,75;$4;03/04/2025;;3;4\n',
    );
    expect(csv.books).toEqual(allAccepted(2));
    expect(csv.kinds).toEqual({ preis: 'text', fee: 'text', when: 'date', nothing: 'text', a_b: 'int' });
    for (const note of ['decimal comma', 'currency', 'month first', 'no value in this file', 'same name'])
      expect(csv.source).toContain(note);
    const json = await roundTrip(
      'unsure.json',
      '[{"id":1,"mixed":1,"holes":["a",null]},{"id":2,"mixed":[1],"holes":[]}]',
    );
    expect(json).toMatchObject({ books: allAccepted(2), kinds: { id: 'id' } });
    expect(json.source).toMatch(/kept in _rescued: mixed .*mixed/);
    expect(json.source).toMatch(/kept in _rescued: holes .*empty elements/);
  });

  it.each([
    ['one column', 'one.csv', 'only\nx\ny\n', 2],
    ['a header and nothing more', 'head.csv', 'a,b\n', 0],
    ['columns named like words of the language', 'words.csv', 'class,new,date,contract\n1,2,3,4\n', 1],
    [
      'names in other scripts, with signs and digits',
      'names.csv',
      '数量,価格,2nd,x!,x?,_row\n1,2,3,4,5,6\n',
      1,
    ],
    ['quotes and line breaks in values', 'quotes.csv', 'a,b\n"it\'s ""so""","x\ny"\n', 1],
    ['choices with quotes in them', 'choices.csv', `c\n${"it's\n".repeat(6)}${'"a \\ b"\n'.repeat(6)}`, 12],
    ['equal rows', 'equal.csv', 'id,v\n1,2\n1,2\n', 2],
    ['texts that are one number', 'same.csv', 'n\n1\n1.0\n', 2],
    ['XML', 'orders.xml', '<os><o><id>1</id><t>a</t></o><o><id>2</id><t>b</t></o></os>', 2],
  ])('accepts a file with %s', async (_, name, body, rows) => {
    const { books } = await roundTrip(name, body);
    expect(books).toMatchObject({ read: rows, quarantined: 0 });
  });

  it('is called after the dataset, even where that is a word of the language', async () => {
    await writeFile(place.file('w.csv'), 'a\n1\n');
    for (const name of ['shop.new', 'shop.contract', 'shop.month', 'shop.int'])
      expect(await inferContract(place.file('w.csv'), name)).toContain(
        `${name.slice(5)}Rows = contract('${name}'`,
      );
    await expect(inferContract(place.file('w.csv'), 'orders')).rejects.toMatchObject({
      code: 'infer.invalid_name',
    });
  });
});
