/** XML with a repeated element: each becomes one record. Values are text; attributes and leaf elements are fields. */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { SaxesParser } from 'saxes';
import { reason } from '../../core/contract/reasons.ts';
import { type FetchLimits, FileFault } from './model.ts';

type Value = string | { [name: string]: Value } | Value[];

interface Element {
  readonly name: string;
  readonly children: { [name: string]: Value };
  text: string;
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);

/** A name seen twice becomes a list. */
function put(target: { [name: string]: Value }, name: string, value: Value): void {
  const before = Object.hasOwn(target, name) ? target[name] : undefined;
  const next = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  Object.defineProperty(target, name, { value: next, enumerable: true, writable: true, configurable: true });
}

/** An element without children is its text; one with children keeps its text only where it has any. */
function fieldValue({ children, text }: Element): Value {
  if (Object.keys(children).length === 0) return text.trim();
  return text.trim() ? { ...children, text: text.trim() } : children;
}

/**
 * Rewrites an XML document as one JSON record a line: the children of the root, or of the first element that holds
 * more than one child of the same name.
 * @throws FileFault `unreadable_file:xml_invalid` (also for a document type, where entity bombs live), `nesting_too_deep`
 */
export async function xmlToNdjson(path: string, limits: FetchLimits): Promise<void> {
  const parser = new SaxesParser();
  const stack: Element[] = [];
  const lines: string[] = [];
  const fail = (why: string, cause?: unknown): never => {
    throw new FileFault(why, cause);
  };
  parser.on('doctype', () => fail(reason('unreadable_file', 'xml_invalid')));
  parser.on('error', (error) => fail(reason('unreadable_file', 'xml_invalid'), error));
  parser.on('opentag', ({ name, attributes }) => {
    if (stack.length > limits.nesting) fail(reason('nesting_too_deep'));
    const children: { [name: string]: Value } = {};
    for (const [key, value] of Object.entries(attributes))
      if (!key.startsWith('xmlns')) put(children, local(key), String(value));
    stack.push({ name: local(name), children, text: '' });
  });
  const text = (more: string) => {
    const top = stack.at(-1);
    if (top) top.text += more;
  };
  parser.on('text', text);
  parser.on('cdata', text);
  parser.on('closetag', () => {
    const element = stack.pop()!;
    const parent = stack.at(-1);
    if (!parent) return;
    if (stack.length > 1) return put(parent.children, element.name, fieldValue(element));
    const value = fieldValue(element);
    lines.push(`${JSON.stringify(typeof value === 'string' ? { [element.name]: value } : value)}\n`);
  });
  const target = `${path}.ndjson`;
  const out = createWriteStream(target);
  const decoder = new TextDecoder();
  const flush = async () => {
    if (lines.length && !out.write(lines.splice(0).join(''))) await once(out, 'drain');
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 256 << 10 }) as AsyncIterable<Buffer>) {
    parser.write(decoder.decode(chunk, { stream: true }));
    await flush();
  }
  parser.close();
  await flush();
  out.end();
  await once(out, 'close');
  await rename(target, path);
}
