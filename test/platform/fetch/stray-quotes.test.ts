import { expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { id, text } from '../../../core/contract/fields.ts';
import { take } from '../engine/support.ts';

const notes = contract('test.notes', {
  describe: 'Notes.',
  row: z.object({ note_id: id(), note: text() }),
});

it('a file with quotes inside values is never cut within a value', async () => {
  const rows = Array.from({ length: 400 }, (_, i) => (i === 7 ? '7,12" pipe' : `${i},"one,\ntwo"`));
  const { judged } = await take(notes, `note_id,note\n${rows.join('\n')}\n`, { threads: 3, worthCutting: 0 });
  expect(judged).toMatchObject({ read: 400, accepted: 400, quarantined: 0 });
});
