/** The commands of docs/replay.md, run in their order as they stand there. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { statusSql } from '../../core/replay/status.ts';
import { root, type Workplace, workplace } from '../cli/support.ts';

const text = readFileSync(join(root, 'docs/replay.md'), 'utf8');

/** Each command with the comment below it that says what it prints. */
const examples = [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block]) =>
  [...block!.matchAll(/^wharf (.*)\n# (.+)$/gm)].map(([, command, part]) => ({
    command: command!,
    part: part!,
  })),
);

const header = 'user_id,age,gender,device\n';
const files: Readonly<Record<string, string>> = {
  'users.csv': `${header}1,30,F,Mobile\n2,-31,F,Mobile\n3,30,Female,Mobile\n4,30,F,=1+1\n`,
  'kunden.csv': 'kunde,alter,geschlecht,geraet\n77,30,F,Mobile\n',
};

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
  for (const [name, body] of Object.entries(files)) await writeFile(place.file(name), body);
});
afterAll(() => place[Symbol.asyncDispose]());

it('has examples', () => expect(examples.length).toBeGreaterThan(8));

it.each(examples)(
  'wharf $command',
  async ({ command, part }) => {
    const refused = command.includes('$REFUSED')
      ? (await place.json<{ delivery: string; state: string }[]>('deliveries')).find(
          ({ state }) => state === 'refused',
        )
      : undefined;
    const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
    const args = words.map((word) =>
      word === '$REFUSED' ? refused!.delivery : /\.csv$/.test(word) ? place.file(word) : word,
    );
    const { code, stdout, stderr } = await place.run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const piece of part.split('…')) expect(stdout).toContain(piece);
  },
  60_000,
);

it('gives the query of the quarantine as Wharf asks it', () => {
  expect(/```sql\n(.*?)\n```/s.exec(text)?.[1]).toBe(statusSql('recomart.users__quarantine'));
});
