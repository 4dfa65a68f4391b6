/** How made-up rows become the text of a file. */
import type { Contract } from '../contract/model.ts';
import { type GeneratedRow, UNKNOWN_COLUMN } from './defects.ts';
import { jsonValue } from './values.ts';

export type GenerateFormat = 'csv' | 'ndjson' | 'json';

/** What stands before the first row, for each row, and after the last. */
interface Writer {
  readonly head: string;
  row(row: GeneratedRow, first: boolean): string;
  readonly tail: string;
}

interface WriterOptions {
  readonly contract: Contract;
  /** Some rows will have a column the contract does not know. */
  readonly unknownColumn: boolean;
}

const quoted = /[",\r\n]|^\s|\s$/;
const cell = (text: string | null | undefined): string =>
  text === null || text === undefined ? '' : quoted.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function csv({ contract, unknownColumn }: WriterOptions): Writer {
  const names = contract.fields.map(({ name }) => name);
  if (unknownColumn) names.push(UNKNOWN_COLUMN);
  return {
    head: `${names.join(',')}\n`,
    row({ values, defect }) {
      const cells = defect === 'malformed_line' ? Math.ceil(names.length / 2) : names.length;
      let line = cell(values[names[0]!]);
      for (let i = 1; i < cells; i++) line += `,${cell(values[names[i]!])}`;
      return `${line}\n`;
    },
    tail: '',
  };
}

/** Numbers and truth values as such; what is absent is left out. */
function jsonObject({ contract }: WriterOptions): (row: GeneratedRow) => string {
  const types = new Map(contract.fields.map(({ name, type }) => [name, type]));
  return ({ values }) => {
    const members: string[] = [];
    for (const [name, text] of Object.entries(values)) {
      if (text === null) continue;
      const type = types.get(name);
      members.push(`${JSON.stringify(name)}:${type ? jsonValue(type, text) : JSON.stringify(text)}`);
    }
    return `{${members.join(',')}}`;
  };
}

export const writers: Readonly<Record<GenerateFormat, (options: WriterOptions) => Writer>> = {
  csv,
  ndjson(options) {
    const object = jsonObject(options);
    return { head: '', row: (row) => `${object(row)}\n`, tail: '' };
  },
  json(options) {
    const object = jsonObject(options);
    return { head: '[\n', row: (row, first) => (first ? '' : ',\n') + object(row), tail: '\n]\n' };
  },
};
