import { describe, expect, it } from '@jest/globals';
import { fetch, records, refusal } from './support.ts';

const rows = (n: number, name: string) => Array.from({ length: n }, (_, i) => `${i},${name}\n`).join('');
const table = `sku,name\n${rows(200, 'Crème brûlée')}1,漢字 €\n`;
const utf16le = (text: string) => Buffer.from(text, 'utf16le');
const utf16be = (text: string) => utf16le(text).swap16();

describe('text in any encoding arrives as UTF-8', () => {
  it.each([
    ['UTF-8', 'utf-8', Buffer.from(table), table],
    ['UTF-8 with a byte order mark', 'utf-8', Buffer.from(`\ufeff${table}`), table],
    ['UTF-16, little end first', 'utf-16le', utf16le(`\ufeff${table}`), table],
    ['UTF-16, big end first', 'utf-16be', utf16be(`\ufeff${table}`), table],
    ['UTF-16 without a byte order mark', 'utf-16le', utf16le(table), table],
    ['UTF-16, big end first, without a byte order mark', 'utf-16be', utf16be(table), table],
    [
      'Windows-1252',
      'windows-1252',
      Buffer.from('sku,name\n1,Cr\xe8me \x80 \x93x\x94\n', 'latin1'),
      'sku,name\n1,Crème € “x”\n',
    ],
    [
      'Windows-1252 on one line only, late in the file',
      'windows-1252',
      Buffer.from(`sku,name\n${rows(400_000, 'plain')}1,Cr\xe8me\n`, 'latin1'),
      `sku,name\n${rows(400_000, 'plain')}1,Crème\n`,
    ],
    [
      'a byte order mark in the middle, which is data',
      'utf-8',
      Buffer.from('sku,name\n1,\ufeffA\n'),
      'sku,name\n1,\ufeffA\n',
    ],
    ['NUL bytes, which are data', 'utf-8', Buffer.from('sku,name\n1,A\0B\n'), 'sku,name\n1,A\0B\n'],
    ['a header alone, without a line end', 'utf-16le', utf16le('\ufeffsku,naïve'), 'sku,naïve\n'],
  ])('%s', async (_, encoding, bytes, expected) => {
    for (const chunk of [undefined, 4099]) {
      const { result, text, cutOut } = await fetch('a.csv', bytes, { chunk });
      expect(result).toMatchObject({ ok: true, file: { encoding } });
      expect(text === expected).toBe(true);
      expect(cutOut).toEqual([]);
    }
  });

  it('JSON in UTF-16', async () => {
    expect(await records('a.json', utf16le('\ufeff[{"a":"é"},{"a":"漢"}]'))).toEqual([
      '{"a":"é"}',
      '{"a":"漢"}',
    ]);
  });
});

describe('bytes that are no UTF-8 in a file that is', () => {
  const damaged = Buffer.concat([
    Buffer.from(`sku,name\n${rows(50_000, 'Crème')}`),
    Buffer.from('7,Cr\xe8me\n', 'latin1'),
    Buffer.from(rows(50_000, 'brûlée')),
  ]);

  it('cost their line, which is kept as it came', async () => {
    const { text, cutOut } = await fetch('a.csv', damaged);
    expect(cutOut).toEqual([{ line: 50_002, raw: '7,Crème' }]);
    expect(text === `sku,name\n${rows(50_000, 'Crème')}\n${rows(50_000, 'brûlée')}`).toBe(true);
  });

  it('cost their JSON line', async () => {
    const lines = Buffer.concat([
      Buffer.from('{"a":"é"}\n{"a":"è"}\n{"a":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n{"a":"ü"}\n'),
    ]);
    const { text, cutOut } = await fetch('a.ndjson', lines);
    expect(text).toBe('{"a":"é"}\n{"a":"è"}\n{"a":"ü"}\n');
    expect(cutOut).toEqual([{ line: 3, raw: '{"a":"ÿ"}' }]);
  });

  it('are found where a character is cut off at the end', async () => {
    const { cutOut } = await fetch(
      'a.csv',
      Buffer.from(`sku,name\n${rows(9, 'Crème')}1,\u00e9`).subarray(0, -1),
    );
    expect(cutOut).toEqual([{ line: 11, raw: '1,Ã' }]);
  });
});

it('half a character in UTF-16 refuses the file', async () => {
  expect(
    await refusal('a.csv', Buffer.concat([utf16le('\ufeffsku,name\n1,'), Buffer.from([0x00, 0xd8])])),
  ).toBe('unreadable_file:encoding_invalid');
});
