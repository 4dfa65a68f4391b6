/** XML as one record a line. All values are text; attributes and elements are fields, prefixes are dropped. */
import { SaxesParser } from 'saxes';
import { reason } from '../../core/contract/reasons.ts';
import type { CutOut } from './cut-out.ts';
import { type FetchLimits, FileFault } from './model.ts';
import { type Page, type Pass, rewrite } from './rewrite.ts';
import { type Element, fieldValue, newElement, put, toRecord, type Value } from './xml-element.ts';
import { localName, type RecordPath } from './xml-layout.ts';

/**
 * Rewrites an XML document as one JSON record a line: the elements at `records`, and their siblings that hold more
 * than text. Those longer than a row may be are cut out.
 * @throws FileFault `unreadable_file:xml_invalid` (also for a document type, where entity bombs live), `nesting_too_deep`
 */
export async function xmlToNdjson(
  path: string,
  records: RecordPath,
  limits: Pick<FetchLimits, 'nesting' | 'rowBytes'>,
  cutOut: CutOut,
): Promise<void> {
  await rewrite(path, new XmlReader(records, limits, cutOut));
}

const invalid = (cause?: unknown): FileFault =>
  new FileFault(reason('unreadable_file', 'xml_invalid'), cause);

class XmlReader implements Pass {
  readonly #parser = new SaxesParser();
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #stack: Element[] = [];
  readonly #parents: string;
  readonly #depth: number;
  readonly #name: string | undefined;
  readonly #limits: Pick<FetchLimits, 'nesting' | 'rowBytes'>;
  readonly #cutOut: CutOut;
  #lines: string[] = [];
  /** Characters of the record in hand, so far. */
  #size = 0;
  #start = 1;
  /** Where the parser was when it last met a tag. */
  #progress = 0;

  constructor(records: RecordPath, limits: Pick<FetchLimits, 'nesting' | 'rowBytes'>, cutOut: CutOut) {
    this.#parents = records.slice(0, -1).join('/');
    this.#depth = records.length - 1;
    this.#name = records.at(-1);
    this.#limits = limits;
    this.#cutOut = cutOut;
    const text = (more: string) => this.#text(more);
    this.#parser.on('doctype', () => {
      throw invalid();
    });
    this.#parser.on('error', (error) => {
      throw invalid(error);
    });
    this.#parser.on('opentag', ({ name, attributes }) => this.#open(localName(name), attributes));
    this.#parser.on('text', text);
    this.#parser.on('cdata', text);
    this.#parser.on('closetag', () => this.#close());
  }

  feed(chunk: Buffer, page: Page): void {
    this.#parser.write(this.#decode(chunk));
    // The parser keeps text and comments until they end: one without an end must not grow on.
    if (this.#parser.position - this.#progress > chunk.length + 2 * this.#limits.rowBytes)
      throw new FileFault(reason('too_large', 'element'));
    this.#flush(page);
  }

  end(page: Page): void {
    this.#parser.write(this.#decode());
    this.#parser.close();
    this.#flush(page);
  }

  #decode(bytes?: Buffer): string {
    try {
      return this.#decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw invalid(error);
    }
  }

  #open(name: string, attributes: Readonly<Record<string, unknown>>): void {
    this.#progress = this.#parser.position;
    if (this.#stack.length > this.#limits.nesting) throw new FileFault(reason('nesting_too_deep'));
    if (this.#stack.length === this.#depth) {
      this.#size = 0;
      this.#start = this.#parser.line;
    }
    const element = newElement(name);
    for (const key of Object.keys(attributes))
      if (!key.startsWith('xmlns') && this.#grow(String(attributes[key]).length))
        this.#add(element, localName(key), String(attributes[key]));
    this.#stack.push(element);
  }

  #text(more: string): void {
    const top = this.#stack.at(-1);
    if (top && this.#stack.length > this.#depth && this.#grow(more.length)) top.text += more;
  }

  #add(parent: Element, name: string, value: Value): void {
    // What the value holds was counted as it came.
    if (!this.#grow(name.length)) return;
    put(parent, name, value);
    parent.hasValues = true;
  }

  /** Whether the record in hand may hold that much more. */
  #grow(size: number): boolean {
    this.#size += size;
    return this.#size <= this.#limits.rowBytes;
  }

  #close(): void {
    this.#progress = this.#parser.position;
    const element = this.#stack.pop()!;
    const depth = this.#stack.length;
    if (depth > this.#depth) this.#add(this.#stack.at(-1)!, element.name, fieldValue(element));
    else if (depth === this.#depth && this.#stack.map((e) => e.name).join('/') === this.#parents)
      this.#emit(element);
  }

  #emit(element: Element): void {
    if (element.name !== this.#name && !element.hasValues) return;
    const line = toRecord(element);
    const { rowBytes } = this.#limits;
    if (this.#size <= rowBytes && Buffer.byteLength(line) <= rowBytes) this.#lines.push(`${line}\n`);
    else this.#cutOut.add(this.#start, Buffer.from(line));
  }

  #flush(page: Page): void {
    page.add(Buffer.from(this.#lines.join('')));
    this.#lines = [];
  }
}
