/** The commands of docs/replay.md, run in their order as they stand there. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { statusSql } from '../../core/replay/status.ts';
import { type Workplace, workplace } from '../cli/support.ts';
import { type Names, readPage, runExample } from './commands.ts';

const { text, examples } = readPage('replay.md');

const header = 'user_id,age,gender,device\n';
const files: Readonly<Record<string, string>> = {
  'users.csv': `${header}1,30,F,Mobile\n2,-31,F,Mobile\n3,30,Female,Mobile\n4,30,F,=1+1\n`,
  'kunden.csv': 'kunde,alter,geschlecht,geraet\n77,30,F,Mobile\n',
};

const names: Names = {
  async $REFUSED({ json }) {
    const deliveries = await json<{ delivery: string; state: string }[]>('deliveries');
    return deliveries.find(({ state }) => state === 'refused')!.delivery;
  },
};

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
  for (const [name, body] of Object.entries(files)) await writeFile(place.file(name), body);
});
afterAll(() => place[Symbol.asyncDispose]());

it('has examples', () => expect(examples.length).toBeGreaterThan(8));

it.each(examples)('wharf $command', (example) => runExample(example, place, names), 60_000);

it('gives the query of the quarantine as Wharf asks it', () => {
  expect(/```sql\n(.*?)\n```/s.exec(text)?.[1]).toBe(statusSql('recomart.users__quarantine'));
});
