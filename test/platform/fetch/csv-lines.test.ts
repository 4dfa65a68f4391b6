import { describe, expect, it } from '@jest/globals';
import { fetch, padded, paddingRows, refusal } from './support.ts';

const rows = (n: number) => Array.from({ length: n }, (_, i) => `${i},ok\n`).join('');

/** What is read, what was cut out, and where records can start. */
async function lines(body: string | Buffer, limits = {}) {
  const { result, text, cutOut } = await fetch('a.csv', body, { limits });
  const records = result.ok && result.file.format === 'csv' && result.file.records;
  return { text, cutOut, records };
}

describe('line ends', () => {
  it.each([
    ['LF', 'a,b\n1,2\n3,4\n', 'a,b\n1,2\n3,4\n'],
    ['CRLF, left alone', 'a,b\r\n1,2\r\n', 'a,b\r\n1,2\r\n'],
    ['CR', 'a,b\r1,2\r3,4\r', 'a,b\n1,2\n3,4\n'],
    ['all kinds', 'a,b\r\n1,2\n3,4\r5,6', 'a,b\n1,2\n3,4\n5,6\n'],
    ['LF and a last CRLF', 'a,b\n1,2\r\n', 'a,b\n1,2\n'],
    ['CRLF and a last CR', 'a,b\r\n1,2\r', 'a,b\n1,2\n'],
    ['CR within quotes, which is data', 'a,b\r1,"x\ry"\r', 'a,b\n1,"x\ry"\n'],
    ['LF within quotes, which is data', 'a,b\n1,"x\ny"\n', 'a,b\n1,"x\ny"\n'],
    ['blank lines', 'a,b\n\n1,2\n\n\n', 'a,b\n\n1,2\n\n\n'],
  ])('%s', async (_, body, text) => {
    expect(await lines(body)).toMatchObject({ text, cutOut: [] });
  });

  it.each([...Array(20).keys()])('are the same where a chunk ends %i bytes on', async (split) => {
    const body = padded('a,b\r\n', '1,"x\r\n""y"\r\r\n2,3\n"!"!\n', split, paddingRows);
    const { text, cutOut } = await lines(body);
    expect(text.slice(text.lastIndexOf('p'))).toBe('p\n1,"x\r\n""y"\n\n2,3\n\n');
    expect(cutOut.map(({ raw }) => raw)).toEqual(['"!"!']);
  });

  it('that differ after a megabyte are found', async () => {
    const { text } = await lines(`a,b\n${rows(200_000)}1,late\r2,end\n`);
    expect(text === `a,b\n${rows(200_000)}1,late\n2,end\n`).toBe(true);
  });

  it('of CR alone are as fast as others in a large file', async () => {
    const body = `a,b\r${Array.from({ length: 200_000 }, (_, i) => `${i},"x"\r`).join('')}`;
    expect((await lines(body)).text.length).toBe(body.length);
  }, 5_000);
});

describe('a quote', () => {
  it.each([
    ['that does not close', 'a,b\n1,"x\n2,y\n3,z\n', 'a,b\n\n2,y\n3,z\n', '1,"x'],
    ['with text behind it', 'a,b\n1,"x"y\n2,z\n', 'a,b\n\n2,z\n', '1,"x"y'],
    ['that does not close on the last line', 'a,b\n1,y\n2,"x', 'a,b\n1,y\n\n', '2,"x'],
    ['that hides other rows', 'a,b\n1,"x\n2,y\n3,"z"\n', 'a,b\n\n2,y\n3,"z"\n', '1,"x'],
  ])('%s costs one line', async (_, body, text, raw) => {
    const got = await lines(body);
    expect(got.cutOut.map((line) => line.raw)).toEqual([raw]);
    expect(got.text).toBe(text);
  });

  it('at line 2 of 100,000 that does not close costs one line', async () => {
    const { text, cutOut } = await lines(`a,b\n1,"x\n${rows(99_998)}`);
    expect(cutOut).toEqual([{ line: 2, raw: '1,"x' }]);
    expect(text === `a,b\n\n${rows(99_998)}`).toBe(true);
  });

  it('within a value is data: any line is a record', async () => {
    const body = 'a,b\n1,12" pipe\n2,"y"\n';
    expect(await lines(body)).toEqual({ text: body, cutOut: [], records: 'lines' });
  });

  it('around a line end is said to be there', async () => {
    const body = 'a,b\n1,"x\ny"\n';
    expect(await lines(body)).toEqual({ text: body, cutOut: [], records: 'quoted' });
  });

  it('as data and around a line end leaves no way to tell where a record starts', async () => {
    const body = 'a,b\n1,12" pipe\n2,"x\ny"\n';
    expect(await lines(body)).toEqual({ text: body, cutOut: [], records: 'unknown' });
  });

  it('may stand behind one blank', async () => {
    const body = 'a,b\n1, "x, y"\n';
    expect(await lines(body)).toEqual({ text: body, cutOut: [], records: 'lines' });
  });

  it('on most lines that does not close refuses the file', async () => {
    const body = `a,b\n${Array.from({ length: 5000 }, (_, i) => `${i},"x"y\n`).join('')}`;
    expect(await refusal('a.csv', body)).toBe('unreadable_file:csv_quotes');
  });

  it('leaves no line in place of a row in a file of one column', async () => {
    expect(await lines('a\n"x"y\nz\n')).toMatchObject({ text: 'a\nz\n', cutOut: [{ line: 2 }] });
  });
});

describe('a long line', () => {
  const long = `1,${'x'.repeat(10_000_000)}`;

  it('of 10 MB is cut out, whole', async () => {
    const { text, cutOut } = await lines(`a,b\n${long}\n2,y\n`);
    expect(text).toBe('a,b\n\n2,y\n');
    expect(cutOut.map(({ line, raw }) => [line, raw === long])).toEqual([[2, true]]);
  });

  it('is kept up to 16 MB', async () => {
    const { text, cutOut } = await lines(`a,b\n1,${'x'.repeat(40_000_000)}\n2,y\n`);
    expect(text).toBe('a,b\n\n2,y\n');
    expect(cutOut.map(({ line, raw }) => [line, raw.length])).toEqual([[2, 16 << 20]]);
  });

  it('that fits is read', async () => {
    const body = `a,b\n1,${'x'.repeat(100_000)}\n`;
    expect(await lines(body)).toEqual({ text: body, cutOut: [], records: 'quoted' });
  });

  it('that has too many values is cut out, for the engine would keep only its start', async () => {
    const row = `1,2,${'x'.repeat(10_000)}`;
    expect(await lines(`a,b\n${row}\n2,y\n`)).toMatchObject({ cutOut: [{ line: 2, raw: row }] });
  });

  it.each([9_999, 10_000, 10_001, 20_000, 30_000])(
    'of %i bytes is measured where it matters',
    async (size) => {
      const row = `1,${'x'.repeat(size - 2)}`;
      const { cutOut } = await lines(`a,b\n${rows(3000)}${row}\n${rows(9)}`, { rowBytes: 10_000 });
      expect(cutOut.length).toBe(size > 10_000 ? 1 : 0);
    },
  );
});

describe('a line that goes on in the next chunk', () => {
  it.each([
    [10_000, 0],
    [10_000, 5_000],
    [10_001, 0],
    [10_001, 1],
    [10_001, 5_000],
    [10_001, 10_000],
    [20_001, 19_999],
  ])('of %i bytes, %i of them in the first, is measured where it matters', async (size, split) => {
    const body = padded('a,b\n', `1,${'x'.repeat(size - 2)}\n2,y\n`, split, paddingRows);
    const { cutOut } = await lines(body, { rowBytes: 10_000 });
    expect(cutOut.length).toBe(size > 10_000 ? 1 : 0);
  });
});

it('lines keep their numbers behind values that span lines and lines that were cut out', async () => {
  const { cutOut } = await lines('a,b\n1,"x\ny"\n2,"z"!\n3,"u\r\nv"\n\n4,"w"!\n');
  expect(cutOut).toEqual([
    { line: 4, raw: '2,"z"!' },
    { line: 8, raw: '4,"w"!' },
  ]);
});
