import { describe, expect, it } from '@jest/globals';
import { fetch, records, refusal } from './support.ts';

const read = async (body: string, known: string[] = [], limits = {}) =>
  (await records('a.xml', body, { known, limits })).map((line) => JSON.parse(line) as unknown);

describe('XML is one record an element', () => {
  it.each([
    ['the element that repeats', '<r><s><a>1</a></s><s><a>2</a></s></r>', [{ a: '1' }, { a: '2' }]],
    ['one element alone', '<r><s><a>1</a></s></r>', [{ a: '1' }]],
    [
      'behind a header',
      '<r><head><on>x</on></head><list><s><a>1</a></s><s><a>2</a></s></list></r>',
      [{ a: '1' }, { a: '2' }],
    ],
    ['attributes', '<r><s a="1" b="x"/><s a="2"/></r>', [{ a: '1', b: 'x' }, { a: '2' }]],
    [
      'attributes and text',
      '<r><s><p cur="EUR">5</p></s><s><p>6</p></s></r>',
      [{ p: { cur: 'EUR', text: '5' } }, { p: '6' }],
    ],
    [
      'an element that repeats within',
      '<r><s><t>x</t><t>y</t></s><s><t>z</t></s></r>',
      [{ t: ['x', 'y'] }, { t: 'z' }],
    ],
    ['elements within elements', '<r><s><a><b>1</b></a></s><s/></r>', [{ a: { b: '1' } }, { s: '' }]],
    [
      'CDATA',
      '<r><s><a><![CDATA[<b> & ]] x]]></a></s><s><a>y</a></s></r>',
      [{ a: '<b> & ]] x' }, { a: 'y' }],
    ],
    [
      'the five entities, and characters by number',
      '<r><s><a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;</a></s><s><a>1</a></s></r>',
      [{ a: `<>&"'AB` }, { a: '1' }],
    ],
    [
      'namespaces',
      '<n:r xmlns:n="urn:x"><n:s n:id="1"><n:a>1</n:a></n:s><n:s><n:a>2</n:a></n:s></n:r>',
      [{ id: '1', a: '1' }, { a: '2' }],
    ],
    [
      'names every object has',
      '<r><s><__proto__>1</__proto__><constructor>2</constructor></s><s/></r>',
      [JSON.parse('{"__proto__":"1","constructor":"2"}'), { s: '' }],
    ],
    [
      'comments and instructions',
      '<?xml version="1.0"?><!-- x --><r><s><a>1<!-- y -->2</a></s><s/></r>',
      [{ a: '12' }, { s: '' }],
    ],
    ['line ends in values', '<r><s><a>x\ny</a></s><s/></r>', [{ a: 'x\ny' }, { s: '' }]],
  ])('%s', async (_, body, expected) => {
    expect(await read(body)).toEqual(expected);
    expect((await records('a.xml', body, { chunk: 3 })).map((line) => JSON.parse(line) as unknown)).toEqual(
      expected,
    );
  });

  it('the element with the fields of the contract, though another repeats', async () => {
    const body = '<r><log><l>x</l><l>y</l></log><items><item><sku>A</sku></item></items></r>';
    expect(await read(body, ['sku'])).toEqual([{ sku: 'A' }]);
  });

  it('an element that is too long is cut out and kept', async () => {
    const body = `<r>\n<s><a>1</a></s>\n<s><a>${'x'.repeat(3000)}</a></s>\n<s><a>2</a></s></r>`;
    const { text, cutOut } = await fetch('a.xml', body, { limits: { rowBytes: 1000 } });
    expect(text).toBe('{"a":"1"}\n{"a":"2"}\n');
    expect(cutOut).toHaveLength(1);
    expect(cutOut[0]!.line).toBe(3);
  });
});

describe('XML that cannot be trusted is refused', () => {
  it.each([
    [
      'entities of its own',
      '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><r><s>&b;</s></r>',
      'unreadable_file:xml_invalid',
    ],
    [
      'a file of the reader’s machine',
      '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]><r><s>&a;</s></r>',
      'unreadable_file:xml_invalid',
    ],
    ['an entity nobody declared', '<r><s>&nbsp;</s></r>', 'unreadable_file:xml_invalid'],
    ['broken off', '<r><s><a>1</a></s><s><a>2</a>', 'unreadable_file:xml_invalid'],
    ['tags crossed', '<r><s><a>1</s></a></r>', 'unreadable_file:xml_invalid'],
    ['nested too deep', `<r>${'<s>'.repeat(10_000)}${'</s>'.repeat(10_000)}</r>`, 'nesting_too_deep'],
    ['an element without an end', `<r><s>${'x'.repeat(20_000_000)}`, 'too_large:element'],
  ])('%s', async (_, body, reason) => {
    expect(await refusal('a.xml', body)).toBe(reason);
  });
});
