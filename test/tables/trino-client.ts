/** Questions to a Trino over its HTTP protocol. */
import type { s3Properties } from './table.ts';

export interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

/** One page of an answer, as the protocol has it. */
interface Page {
  readonly columns?: Answer['columns'];
  readonly data?: Answer['rows'];
  readonly nextUri?: string;
  readonly error?: { readonly errorName: string; readonly message: string };
}

type S3 = ReturnType<typeof s3Properties>;

/** A literal. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

export class Trino implements AsyncDisposable {
  readonly #url: string;
  /** The server's own folder: `local:///` to it. */
  readonly dir: string;
  readonly #stop: () => Promise<void>;

  constructor(url: string, dir: string, stop: () => Promise<void>) {
    [this.#url, this.dir, this.#stop] = [url, dir, stop];
  }

  /** @throws Error with Trino's own message */
  async query(sql: string): Promise<Answer> {
    const headers = {
      'X-Trino-User': 'wharf',
      'X-Trino-Time-Zone': 'UTC',
      // Without it, instants lose their microseconds on the way to us.
      'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
    };
    let columns: Answer['columns'] = [];
    const rows: (readonly unknown[])[] = [];
    let page = await read(fetch(`${this.#url}/v1/statement`, { method: 'POST', headers, body: sql }));
    for (;;) {
      if (page.error) throw new Error(`${page.error.errorName}: ${page.error.message} in ${sql}`);
      columns = page.columns ?? columns;
      // Not spread into push: a page may hold more rows than a call takes arguments.
      for (const row of page.data ?? []) rows.push(row);
      if (!page.nextUri) return { columns, rows };
      page = await read(fetch(page.nextUri, { headers }));
    }
  }

  /** A catalog of files of text and Parquet over an S3. */
  async createHive(name: string, s3: S3): Promise<void> {
    await this.#create(name, 'hive', {
      'hive.metastore': 'file',
      'hive.metastore.catalog.dir': `local:///${name}`,
      'hive.non-managed-table-writes-enabled': 'true',
      ...this.#storage(s3),
    });
  }

  /** A catalog over an S3, empty but for what is registered. Its own bookkeeping is a folder here: no metastore runs. */
  async createCatalog(name: string, s3: S3): Promise<void> {
    await this.#create(name, 'iceberg', {
      'iceberg.catalog.type': 'TESTING_FILE_METASTORE',
      'hive.metastore.catalog.dir': `local:///${name}`,
      'hive.metastore.disable-location-checks': 'true',
      'iceberg.register-table-procedure.enabled': 'true',
      ...this.#storage(s3),
    });
  }

  #storage(s3: S3): Record<string, string> {
    return {
      'fs.native-local.enabled': 'true',
      'local.location': this.dir,
      'fs.native-s3.enabled': 'true',
      's3.endpoint': s3['s3.endpoint'],
      's3.region': s3['s3.region'],
      's3.path-style-access': 'true',
      's3.aws-access-key': s3['s3.access-key-id'],
      's3.aws-secret-key': s3['s3.secret-access-key'],
    };
  }

  async #create(
    name: string,
    connector: string,
    properties: Readonly<Record<string, string>>,
  ): Promise<void> {
    const set = Object.entries(properties).map(([key, value]) => `"${key}" = ${text(value)}`);
    await this.query(`CREATE CATALOG ${name} USING ${connector} WITH (${set.join(', ')})`);
  }

  /** Shows a table as a metadata file describes it, in place of what was shown under that name. */
  async register(catalog: string, table: string, metadata: string): Promise<void> {
    const [schema, name] = table.split('.') as [string, string];
    const [location, file] = metadata.split('/metadata/') as [string, string];
    await this.query(`CREATE SCHEMA IF NOT EXISTS ${catalog}.${schema}`);
    const there = await this.query(`SHOW TABLES FROM ${catalog}.${schema} LIKE ${text(name)}`);
    const call = (procedure: string, ...args: string[]) =>
      this.query(`CALL ${catalog}.system.${procedure}(${args.map(text).join(', ')})`);
    if (there.rows.length > 0) await call('unregister_table', schema, name);
    await call('register_table', schema, name, location, file);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop();
  }
}

/** JSON in which integers keep all their digits. */
async function read(answer: Promise<Response>): Promise<Page> {
  const response = await answer;
  const body = await response.text();
  if (!response.ok) throw new Error(`Trino answers ${response.status}: ${body.slice(0, 300)}`);
  return JSON.parse(body, (_, value, { source }) =>
    Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source!) ? source : value,
  ) as Page;
}
