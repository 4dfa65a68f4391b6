/** The commands of docs/operate.md, run in their order as they stand there. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Workplace, workplace } from '../cli/support.ts';
import { type Names, readPage, runExample } from './commands.ts';

const { examples } = readPage('operate.md');

const age = (id: number): number => 18 + ((id * 7) % 50);
const users = (from: number, to: number, ageOf = age, key = 'user_id'): string =>
  [
    `${key},age,gender,device`,
    ...Array.from({ length: to - from }, (_, i) => from + i).map(
      (id) => `${id},${ageOf(id)},${'FM'[((id * 5) % 3) % 2]},${['Mobile', 'Desktop', 'Tablet'][id % 3]}`,
    ),
    '',
  ].join('\n');

const files: Readonly<Record<string, string>> = {
  'monday.csv': users(1, 201),
  'tuesday.csv': users(201, 401, age, 'user_no'),
  'wednesday.csv': users(401, 601, (id) => (id % 50 === 7 ? -(20 + (id % 40)) : age(id))),
  'training.csv': users(9001, 9051),
};

interface Landed {
  readonly delivery: string;
  readonly key: string;
  readonly snapshot: string;
}
const landed = async ({ json }: Workplace, file: RegExp) =>
  (await json<Landed[]>('deliveries')).find(({ key }) => file.test(key))!;

const names: Names = {
  $APPROVAL: async ({ json }) => (await json<{ approval: string }[]>('drift', 'list'))[0]!.approval,
  $TRAINING: async (place) => (await landed(place, /training/)).delivery,
  $MONDAY: async (place) => (await landed(place, /monday/)).snapshot,
};

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
  for (const [name, body] of Object.entries(files)) await writeFile(place.file(name), body);
});
afterAll(() => place[Symbol.asyncDispose]());

it('has examples', () => expect(examples.length).toBeGreaterThan(15));

it.each(examples)('wharf $command', (example) => runExample(example, place, names), 60_000);
