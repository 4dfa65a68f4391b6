/** The commands of a page of documentation, each with the comment below it that says what it prints. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { root, type Workplace } from '../cli/support.ts';

export interface Example {
  readonly command: string;
  /** In what it prints, in this order; `…` stands for anything. */
  readonly part: string;
}

export function readPage(name: string): { readonly text: string; readonly examples: readonly Example[] } {
  const text = readFileSync(join(root, 'docs', name), 'utf8');
  const examples = [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block]) =>
    [...block!.matchAll(/^wharf (.*)\n# (.+)$/gm)].map(([, command, part]) => ({
      command: command!,
      part: part!,
    })),
  );
  return { text, examples };
}

/** What a reader fills in for a `$NAME`, once the command is to be run. */
export type Names = Readonly<Record<string, (place: Workplace) => Promise<string>>>;

/** Runs an example as it stands there, on files of the workplace. */
export async function runExample({ command, part }: Example, place: Workplace, names: Names): Promise<void> {
  const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
  const args: string[] = [];
  for (const word of words) {
    const name = names[word];
    args.push(name ? await name(place) : /\.csv$/.test(word) ? place.file(word) : word);
  }
  const { code, stdout, stderr } = await place.run(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const piece of part.split('…')) expect(stdout).toContain(piece);
}
