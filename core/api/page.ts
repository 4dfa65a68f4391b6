/** The OpenAPI document as one page of HTML: no script, nothing fetched from elsewhere. */

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
  }[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}
interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const html = (text: unknown): string => String(text ?? '').replace(/[&<>"']/g, (c) => entities[c]!);
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><tr>${head.map((cell) => `<th>${cell}`).join('')}${rows
    .map((cells) => `<tr>${cells.map((cell) => `<td>${cell}`).join('')}`)
    .join('')}</table>`;

const fieldsOf = ({ properties = {}, required = [] }: Schema): string =>
  table(
    ['Field', 'Type', 'Required', 'Allowed', 'Meaning'],
    Object.entries(properties).map(([name, { type, enum: values, pattern, description }]) => [
      `<code>${html(name)}</code>`,
      html([type].flat().join(' or ')),
      required.includes(name) ? 'yes' : 'no',
      values ? html(values.join(', ')) : pattern ? `<code>${html(pattern)}</code>` : '',
      html(description),
    ]),
  );

function section(
  path: string,
  method: string,
  { summary, security, parameters = [], responses, operationId }: Operation,
): string {
  const known = parameters.map(({ name, in: where, description }) => [
    `<code>${html(name)}</code>`,
    html(where),
    html(description),
  ]);
  const answers = Object.entries(responses).map(([status, { description }]) => [status, html(description)]);
  return `<details id="${html(operationId)}"><summary><b>${html(method.toUpperCase())}</b> <code>${html(path)}</code> ${html(summary)}</summary>${
    security ? '<p>Needs no key.</p>' : ''
  }${known.length ? table(['Parameter', 'In', 'Meaning'], known) : ''}${table(['Status', 'When'], answers)}</details>`;
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a2230;background:#fff}' +
  'code{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere}table{border-collapse:collapse;margin:.7rem 0;width:100%}' +
  'td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d8dee8}details{padding:.4rem 0}summary{cursor:pointer}' +
  '@media(prefers-color-scheme:dark){body{color:#dde3ee;background:#12161d}td,th{border-color:#2c3442}}';

/** Renders the document; whatever stands in it is text, and no markup. */
export function page(document: object): string {
  const { info, paths, components } = document as Document;
  const sections = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(path, method, operation)),
  );
  const rows = Object.entries(components.schemas).filter(([name]) => name.includes('.'));
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${html(info.title)} API</title><style>${STYLE}</style><h1>${html(info.title)} ${html(info.version)}</h1><p>${html(info.description)} A key goes into the header <code>Authorization: Bearer …</code>. <a href="openapi.json">openapi.json</a></p><h2>Routes</h2>${sections.join('')}<h2>Events</h2>${rows
    .map(
      ([name, schema]) =>
        `<details id="${html(name)}"><summary><code>${html(name)}</code> ${html(schema.description)}</summary>${fieldsOf(schema)}</details>`,
    )
    .join('')}</html>`;
}
