import { expect, it, jest } from '@jest/globals';
import { note, print, state, table } from '../../cli/output.ts';

it.each([
  ['clears the screen', '\x1b[2J', '\\x1b[2J'],
  ['names the window', '\x1b]0;x\x07', '\\x1b]0;x\\x07'],
  ['does it in one byte', '\x9b2J', '\\x9b2J'],
  ['writes over the line', 'good\rbad', 'good\\x0dbad'],
  ['goes back', 'abc\b\b\x7f', 'abc\\x08\\x08\\x7f'],
])('shows what a key or a value does to a terminal, which %s, instead of doing it', (_, hostile, shown) => {
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  print(`${state('committed')} landing/${hostile}.csv`);
  note(table(['key'], [[hostile]]));
  jest.restoreAllMocks();
  for (const text of written) expect(text).toContain(shown);
});

it('leaves colours and line ends alone', () => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  print('\x1b[32mcommitted\x1b[39m\n\tnext');
  expect(write).toHaveBeenCalledWith('\x1b[32mcommitted\x1b[39m\n\tnext\n');
  write.mockRestore();
});
