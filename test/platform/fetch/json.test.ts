import { describe, expect, it } from '@jest/globals';
import { fetch, padded, records, refusal } from './support.ts';

const deep = (n: number) => '['.repeat(n) + ']'.repeat(n);

describe('JSON is one record a line', () => {
  it.each([
    ['lines', '{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']],
    ['lines with CRLF', '{"a":1}\r\n{"a":2}\r\n', ['{"a":1}\r', '{"a":2}\r']],
    ['lines with CR', '{"a":1}\r{"a":2}\r', ['{"a":1}', '{"a":2}']],
    ['a list', '[{"a":1},{"a":2}]', ['{"a":1}', '{"a":2}']],
    ['a list, a record a line', '[\n{"a":1},\n{"a":2}\n]\n', ['{"a":1}', '{"a":2}']],
    ['a pretty list', '[\n  {\n    "a": 1\n  }\n]', ['{     "a": 1   }']],
    ['lists one after another', '[{"a":1}]\n[{"a":2}]', ['{"a":1}', '{"a":2}']],
    ['records one after another', '{"a":1}{"a":2} {"a":3}', ['{"a":1}', '{"a":2}', '{"a":3}']],
    ['a pretty record', '{\n"a": [1,\n2]\n}', ['{ "a": [1, 2] }']],
    [
      'a list in an object',
      '{"page":1,"tags":["x"],"items":[{"a":1},{"a":2}],"more":{"b":[{"c":1}]}}',
      ['{"a":1}', '{"a":2}'],
    ],
    ['objects that hold lists', '{"items":\n[{"a":1}]}\n\n{"items":[{"a":2}]} ', ['{"a":1}', '{"a":2}']],
    ['an object that holds an empty list', '{"page":9,"items":[]}', []],
    ['an empty list', '[]', []],
    ['values that are no objects', '[1, "x", null, {"a":1}]', ['1', '"x"', 'null', '{"a":1}']],
    [
      'brackets and quotes in strings',
      '[{"a":"]}\\",[{"},{"a":"\\\\"}]',
      ['{"a":"]}\\",[{"}', '{"a":"\\\\"}'],
    ],
    [
      'numbers to the last digit',
      '[{"a":1.10,"b":12345678901234567890,"c":1e400}]',
      ['{"a":1.10,"b":12345678901234567890,"c":1e400}'],
    ],
    [
      'a line end in a string, which JSON forbids',
      '[{"a":"x\ny"},{"a":"x\\\ny"}]',
      ['{"a":"x y"}', '{"a":"x\\ y"}'],
    ],
    ['a list broken off in a record', '[{"a":1},{"a":2},{"a', ['{"a":1}', '{"a":2}', '{"a']],
    ['a list broken off behind a record', '[{"a":1},{"a":2}', ['{"a":1}', '{"a":2}']],
    ['text after the list', '[{"a":1}] what', ['{"a":1}', 'what']],
    ['no JSON at all', '{what is this}', ['{what is this}']],
  ])('%s', async (_, body, expected) => {
    for (const chunk of [undefined, 1, 3]) expect(await records('a.json', body, { chunk })).toEqual(expected);
  });

  it('a record stays one where its fields are the list of objects', async () => {
    const order = '{"order":7,"customer":"A","lines":[{"sku":"X"}]}';
    expect(await records('a.json', order, { known: ['order', 'customer', 'lines'] })).toEqual([order]);
    expect(await records('a.json', order, { known: ['sku'] })).toEqual(['{"sku":"X"}']);
  });

  it('nothing but blanks is an empty file', async () => {
    expect(await refusal('a.json', ' \n ')).toBe('empty_file');
  });
});

describe('a JSON record no reader takes is cut out and kept', () => {
  const bad = `{"a":${deep(10_000)}}`;
  const long = `{"a":"${'x'.repeat(5000)}"}`;
  const good = ['{"a":1}', '{"a":[[2]]}'];

  it.each([
    ['10,000 levels deep, in a list', `[{"a":1},\n${bad},{"a":[[2]]}]`, bad],
    ['10,000 levels deep, on a line', `{"a":1}\n${bad}\n{"a":[[2]]}\n`, bad],
    ['10,000 levels deep, in an object', `{"items":[{"a":1},\n${bad},{"a":[[2]]}]}`, bad],
    ['too long, in a list', `[{"a":1},\n${long},{"a":[[2]]}]`, long],
    ['too long, on a line', `{"a":1}\n${long}\n{"a":[[2]]}\n`, long],
  ])('%s', async (_, body, raw) => {
    const rowBytes = raw === long ? 4000 : 1 << 20;
    for (const chunk of [undefined, 100]) {
      const { text, cutOut } = await fetch('a.json', body, { limits: { rowBytes }, chunk });
      expect(text.trimEnd().split('\n')).toEqual(good);
      expect(cutOut).toEqual([{ line: 2, raw }]);
    }
  });

  it.each([100, 101])('a line nested %i deep where 100 are allowed', async (depth) => {
    const lines = `${'{"a":[{"b":[]}]}\n'.repeat(70_000)}${deep(depth)}\n{"a":1}\n`;
    const { cutOut } = await fetch('a.ndjson', lines);
    expect(cutOut.map(({ line }) => line)).toEqual(depth > 100 ? [70_001] : []);
  });

  it.each([0, 1, 50, 101, 150])('a line nested too deep of which a chunk ends at byte %i', async (split) => {
    const lines = (size: number) => `${'\n'.repeat(size - 9)}{"a":[1]}`;
    const body = padded('{"a":1}\n{"a":1}\n', `\n${deep(101)}\n`, split + 1, lines);
    expect((await fetch('a.ndjson', body)).cutOut.map(({ raw }) => raw)).toEqual([deep(101)]);
  });

  it('many brackets on a line are no depth', async () => {
    const line = `{"a":[${'[],'.repeat(500)}[]],"b":"${'['.repeat(500)}"}`;
    expect(await fetch('a.ndjson', `${line}\n${line}\n`)).toMatchObject({
      text: `${line}\n${line}\n`,
      cutOut: [],
    });
  });
});
