/** Cuts a posted body into events, each as the JSON text it came as. */
import { endOfText, isJson, QUOTE } from '../json.ts';
import { Problem } from './problem.ts';

/** What one post may hold. */
export const POST_LIMITS = { events: 1_000, bytes: 5 * 1024 ** 2, nesting: 100 } as const;

export type BodyFormat = 'json' | 'ndjson';

/** Media type → how its body is read. */
export const bodyFormats: Readonly<Record<string, BodyFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
};

/**
 * The format that a `Content-Type` names. Nothing is guessed from the body.
 * @throws Problem `unsupported-type`
 */
export function bodyFormat(contentType: string | undefined): BodyFormat {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const format = Object.hasOwn(bodyFormats, type.trim()) ? bodyFormats[type.trim()] : undefined;
  const charset = parameters.map((one) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(one)?.[1]).find(Boolean);
  if (format && (charset === undefined || charset === 'utf-8' || charset === 'utf8')) return format;
  throw new Problem(
    'unsupported-type',
    `Content-Type is ${contentType ? JSON.stringify(contentType.slice(0, 100)) : 'missing'}; allowed are ${Object.keys(bodyFormats).join(', ')}, in UTF-8`,
  );
}

export interface Cut {
  /** JSON texts, in the order of the body. */
  readonly events: readonly string[];
  /** Whether the body was one object, and not a list of one. */
  readonly single: boolean;
}

/**
 * What stands between the commas of the outermost brackets. Looks at quotes, brackets and commas only: whether the
 * pieces are JSON is for a parser to say. `first` is the number of the first.
 */
function pieces(text: string, first = 0): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) i = endOfText(text, i);
    else if (c === 0x5b || c === 0x7b) {
      if (++depth > POST_LIMITS.nesting + 1)
        throw new Problem(
          'nesting-too-deep',
          `An event is nested deeper than ${POST_LIMITS.nesting} levels`,
          {
            event: first + found.length,
          },
        );
      if (depth === 1) start = i + 1;
    } else if ((c === 0x2c && depth === 1) || ((c === 0x5d || c === 0x7d) && --depth === 0)) {
      found.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return found;
}

function cutJson(text: string): Cut {
  const whole = text.trim();
  const found = pieces(whole);
  if (whole === '') return { events: [], single: true };
  if (!isJson(whole)) {
    const broken = found.findIndex((piece) => !isJson(piece));
    const event = whole.startsWith('[') ? (broken < 0 ? found.length : broken) : 0;
    throw new Problem('malformed-json', `The body is no JSON text: it breaks in or after event ${event}`, {
      event,
    });
  }
  if (whole.startsWith('{')) return { events: [whole], single: true };
  if (whole.startsWith('[')) return { events: whole === '[]' || found[0] === '' ? [] : found, single: false };
  throw new Problem('malformed-json', 'The body is neither an object nor a list of objects');
}

/** A line that is no JSON is one refused event, as it is one refused row of a file; the others go on. */
function cutLines(text: string): Cut {
  const events = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  for (const [event, line] of events.entries()) pieces(line, event);
  return { events, single: false };
}

const cuts: Readonly<Record<BodyFormat, (text: string) => Cut>> = { json: cutJson, ndjson: cutLines };

/**
 * Cuts a body into its events.
 * @throws Problem `malformed-json`, `nesting-too-deep`, `no-events`, `too-many-events`
 * @example cutBody('[{"a":1.10},{"a":2}]', 'json').events // ['{"a":1.10}', '{"a":2}']
 */
export function cutBody(text: string, format: BodyFormat): Cut {
  const cut = cuts[format](text.replace(/^\ufeff/, ''));
  const { length } = cut.events;
  if (length === 0) throw new Problem('no-events', 'The body is empty; 1 to 1,000 events are allowed');
  if (length > POST_LIMITS.events)
    throw new Problem('too-many-events', `The body holds ${length} events; 1 to 1,000 are allowed`);
  return cut;
}
