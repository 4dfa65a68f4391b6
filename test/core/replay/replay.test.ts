import { describe, expect, it } from '@jest/globals';
import { readFix } from '../../../core/replay/fix.ts';
import { overlap, share, toRanges } from '../../../core/replay/ranges.ts';
import { users } from '../../../datasets/recomart/users.ts';

describe('a fix', () => {
  it('is read as it is written', () => {
    const fix = readFix(
      {
        map: ['gender:Male=M', 'device:a\\=b=Mobile', 'gender:=F', 'age:0=', 'header:Alter=age'],
        set: ['device=Desktop', 'age='],
        sql: ['age = abs(age)', "raw = replace(raw, 'a=b', '')"],
      },
      users,
    );
    expect(fix).toEqual({
      header: { Alter: 'age' },
      map: [
        { field: 'gender', from: 'Male', to: 'M' },
        { field: 'device', from: 'a=b', to: 'Mobile' },
        { field: 'gender', from: '', to: 'F' },
        { field: 'age', from: '0', to: '' },
      ],
      set: { device: 'Desktop', age: '' },
      sql: [
        { field: 'age', sql: 'abs(age)' },
        { field: 'raw', sql: "replace(raw, 'a=b', '')" },
      ],
    });
  });

  it.each([
    [{ set: ['agee=1'] }, 'replay.unknown_field', 'Did you mean "age"?'],
    [{ map: ['gendr:a=b'] }, 'replay.unknown_field', 'Did you mean "gender"?'],
    [{ map: ['header:Alter=aeg'] }, 'replay.unknown_field', 'Did you mean "age"?'],
    [{ sql: ['agge = 1'] }, 'replay.unknown_field', 'Did you mean "age"?'],
    [{ set: ['age'] }, 'replay.invalid_fix', 'Write field=value'],
    [{ map: ['age=3'] }, 'replay.invalid_fix', 'Write field:old=new'],
    [{ sql: ['age'] }, 'replay.invalid_fix', 'Write field = expression'],
    [{ sql: ['age == 1'] }, 'replay.invalid_fix', 'Write field = expression'],
  ])('that cannot be is refused with what was meant: %j', (written, code, fix) => {
    expect(() => readFix(written, users)).toThrow(
      expect.objectContaining({ code, fix: expect.stringContaining(fix) }),
    );
  });
});

describe('ranges', () => {
  it('hold each number once, in runs', () => {
    expect(toRanges([7, 3, 1, 2, 3, -4])).toEqual([
      [-4, -4],
      [1, 3],
      [7, 7],
    ]);
    expect(toRanges([])).toEqual([]);
  });

  it.each([
    [[1, 2, 3, 9], [4, 8, 10], false],
    [[1, 2, 3, 9], [9], true],
    [[5], [1, 2, 3, 4, 5, 6], true],
    [[], [1], false],
  ])('of %j and %j overlap: %s', (a, b, expected) => {
    expect(overlap(toRanges(a), toRanges(b))).toBe(expected);
    expect(overlap(toRanges(b), toRanges(a))).toBe(expected);
  });

  it('of two deliveries are told apart', () => {
    expect(share({ a: [[1, 2]] }, { b: [[1, 2]] })).toBe(false);
    expect(share({ a: [[1, 2]], b: [[3, 3]] }, { b: [[1, 3]] })).toBe(true);
  });
});
