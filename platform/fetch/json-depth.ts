/** How deep JSON is nested, found without parsing it: what is nested too deep would break the parser. */
import { countByte, LF, QUOTE } from './csv-record.ts';
import { readChunks } from './rewrite.ts';

const [LIST, OBJECT, BACKSLASH] = [0x5b, 0x7b, 0x5c];
/** `[` and `{` are the same but for this bit, and so are `]` and `}`. */
const [OPENS, CLOSES, BUT] = [0x5b, 0x5d, 0xdf];

/** How deep a line of JSON is nested; 0 is a plain value. */
export function depthOf(line: Buffer): number {
  let [depth, deepest] = [0, 0];
  for (let i = 0; i < line.length; i++) {
    const byte = line[i]!;
    if (byte === QUOTE) i = stringEnd(line, i + 1);
    else if ((byte & BUT) === OPENS) deepest = Math.max(deepest, ++depth);
    else if ((byte & BUT) === CLOSES) depth--;
  }
  return deepest;
}

function stringEnd(line: Buffer, from: number): number {
  let i = from;
  while (i < line.length && line[i] !== QUOTE) i += line[i] === BACKSLASH ? 2 : 1;
  return i;
}

const countOpening = (bytes: Buffer): number => countByte(bytes, LIST) + countByte(bytes, OBJECT);

/** Whether some line opens more brackets than it may nest. Those in strings count too: this is only a first look. */
export async function hasManyBrackets(path: string, nesting: number): Promise<boolean> {
  /** Since the line began, or longer ago. */
  let opened = 0;
  for await (const chunk of readChunks(path)) {
    for (const at of openings(chunk)) {
      if (++opened <= nesting) continue;
      const line = chunk.lastIndexOf(LF, at) + 1;
      if (line > 0) opened = countOpening(chunk.subarray(line, at + 1));
      if (opened > nesting) return true;
    }
    const line = chunk.lastIndexOf(LF) + 1;
    if (line > 0) opened = countOpening(chunk.subarray(line));
  }
  return false;
}

/** Where brackets open. */
function* openings(chunk: Buffer): Generator<number> {
  const next = (byte: number, from: number): number => {
    const found = chunk.indexOf(byte, from);
    return found === -1 ? chunk.length : found;
  };
  let [list, object] = [next(LIST, 0), next(OBJECT, 0)];
  for (;;) {
    const at = Math.min(list, object);
    if (at === chunk.length) return;
    yield at;
    if (at === list) list = next(LIST, at + 1);
    else object = next(OBJECT, at + 1);
  }
}
