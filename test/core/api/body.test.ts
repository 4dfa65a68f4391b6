import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { bodyFormat, cutBody } from '../../../core/api/body.ts';

const refusal = (code: string, more: object = {}) =>
  expect.objectContaining({ code: `api.${code}`, document: expect.objectContaining(more) });
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('cutting a body into events', () => {
  it('keeps each event as it came: digits, blanks, order of names, names that come twice', () => {
    const events = [
      '{"b":1.10, "a" : 12345678901234567890}',
      '{"a":[1,{"b":"],}\\""}],"a":2}',
      '{"__proto__":{}}',
    ];
    expect(cutBody(`\ufeff [ ${events.join(' ,\n')} ] `, 'json')).toEqual({ events, single: false });
    expect(cutBody(`${events.join('\r\n')}\n\n`, 'ndjson')).toEqual({ events, single: false });
    expect(cutBody(` ${events[1]}\n`, 'json')).toEqual({ events: [events[1]], single: true });
  });

  it('cuts any list as a parser would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { minLength: 1 }),
        fc.constantFrom(undefined, 1),
        (list, indent) => {
          const { events } = cutBody(JSON.stringify(list, undefined, indent), 'json');
          expect(events.map((text) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(list)));
        },
      ),
    );
  });

  it.each([
    ['[{"a":1},{"b"', 1],
    ['[{"a":1},{"a":2}', 1],
    ['[{"a":1}],', 1],
    ['[{"a":1},,{"a":1}]', 1],
    ['{"a":1}{"a":2}', 0],
    ['{"a":"\u0001"}', 0],
    ['{"a', 0],
  ])('says of %s at which event it breaks', (text, event) => {
    expect(() => cutBody(text, 'json')).toThrow(refusal('malformed-json', { status: 400, event }));
  });

  it.each(['5', '"text"', 'null'])('takes %s for no event', (text) => {
    expect(() => cutBody(text, 'json')).toThrow(refusal('malformed-json'));
  });

  it.each(['', '  ', '[]', '[ ]', '\ufeff'])('finds nothing in %p', (text) => {
    expect(() => cutBody(text, 'json')).toThrow(refusal('no-events', { status: 400 }));
    if (!text.includes('[')) expect(() => cutBody(text, 'ndjson')).toThrow(refusal('no-events'));
  });

  it('takes 1,000 events and no more', () => {
    const list = (n: number) => `[${Array(n).fill('{}')}]`;
    expect(cutBody(list(1000), 'json').events).toHaveLength(1000);
    expect(() => cutBody(list(1001), 'json')).toThrow(refusal('too-many-events', { status: 413 }));
  });

  it('takes events nested a hundred deep, and refuses what is deeper before anything parses it', () => {
    expect(cutBody(deep(100), 'json').events).toHaveLength(1);
    expect(cutBody(`[${deep(100)}]`, 'json').events).toHaveLength(1);
    for (const text of [deep(102), `[{},${deep(102)}]`, '['.repeat(5_000_000), `{}\n${deep(102)}`])
      expect(() => cutBody(text, text.includes('\n') ? 'ndjson' : 'json')).toThrow(
        refusal('nesting-too-deep'),
      );
  });

  it('lets a broken line of NDJSON be one refused event', () => {
    expect(cutBody('{"a":1}\nbroken\n{"a":2}', 'ndjson').events).toEqual(['{"a":1}', 'broken', '{"a":2}']);
  });
});

describe('the type of a body', () => {
  it.each([
    ['application/json', 'json'],
    ['Application/JSON; charset=UTF-8', 'json'],
    ['application/x-ndjson', 'ndjson'],
    ['application/jsonl;charset="utf-8"', 'ndjson'],
  ])('%s is taken', (type, format) => expect(bodyFormat(type)).toBe(format));

  it.each([
    undefined,
    '',
    'text/csv',
    'application/json; charset=utf-16',
    'toString',
    '__proto__',
    'application/jsonp',
  ])('%s is not', (type) =>
    expect(() => bodyFormat(type)).toThrow(refusal('unsupported-type', { status: 415 })),
  );
});
