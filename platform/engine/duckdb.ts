/** DuckDB, opened the one way Wharf uses it. */
import { availableParallelism } from 'node:os';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { quote } from '../../core/contract/text.ts';
import { WharfError } from '../../core/errors.ts';
import { partitionFunctions } from './partition.ts';

export interface EngineOptions {
  /** Folder for what does not fit into memory. */
  readonly dir: string;
  /** Soft limit in MB; DuckDB's own buffers only. */
  readonly memoryMb: number;
  /** @default the machine's cores */
  readonly threads?: number;
  /** The only folders it may touch, for work that strangers have a say in. @default all, and the network */
  readonly confinedTo?: readonly string[];
}

/** One row of a result, by column name, with values as JSON has them (large integers as text). */
export type Row = Record<string, unknown>;

/** A connection with the few verbs used here. Its tables stand in a schema of its own, which goes with it. */
export class Session implements Disposable {
  readonly #connection: DuckDBConnection;
  readonly #connect: () => Promise<Session>;

  constructor(connection: DuckDBConnection, connect: () => Promise<Session>) {
    this.#connection = connection;
    this.#connect = connect;
  }

  /** Does the same for each item, side by side: one on this connection, each of several on one of its own. */
  each<I, T>(
    items: readonly I[],
    work: (item: I, index: number, session: Session) => Promise<T>,
  ): Promise<T[]> {
    if (items.length === 1) return all([work(items[0]!, 0, this)]);
    const apart = async (item: I, index: number): Promise<T> => {
      using own = await this.#connect();
      return await work(item, index, own);
    };
    return all(items.map(apart));
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  async rows(sql: string): Promise<Row[]> {
    const reader = await this.#connection.runAndReadAll(sql);
    return reader.getRowObjectsJson();
  }

  async row(sql: string): Promise<Row> {
    return (await this.rows(sql))[0]!;
  }

  /** Rows with the names and types of their columns, also when there are none. */
  async result(sql: string): Promise<{ columns: { name: string; type: string }[]; rows: Row[] }> {
    const reader = await this.#connection.runAndReadAll(sql);
    const types = reader.columnTypes();
    const columns = reader.columnNames().map((name, i) => ({ name, type: String(types[i]) }));
    return { columns, rows: reader.getRowObjectsJson() };
  }

  /** Streams a large result. */
  async *stream(sql: string): AsyncIterable<Row[]> {
    const result = await this.#connection.stream(sql);
    for await (const rows of result.yieldRowObjectJson()) yield rows;
  }

  [Symbol.dispose](): void {
    this.#connection.closeSync();
  }
}

/** A DuckDB in memory. Open one a process and a session a delivery: opening takes longer than a small file. */
export class Engine implements Disposable {
  readonly #instance: DuckDBInstance;
  readonly threads: number;
  #sessions = 0;
  #open = 0;

  private constructor(instance: DuckDBInstance, threads: number) {
    this.#instance = instance;
    this.threads = threads;
  }

  static async open({
    dir,
    memoryMb,
    threads = availableParallelism(),
    confinedTo,
  }: EngineOptions): Promise<Engine> {
    const options: Record<string, string> = {
      memory_limit: `${memoryMb}MB`,
      temp_directory: `${dir}/duckdb`,
      // Extensions would be fetched from the network: everything used is linked in.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      partitioned_write_max_open_files: '64',
      // It makes a join of a long list of allowed values: more to plan and more to run than looking it up.
      disabled_optimizers: 'in_clause',
      threads: String(threads),
    };
    const instance = await DuckDBInstance.create(':memory:', options);
    const connection = await instance.connect();
    for (const own of partitionFunctions()) connection.registerScalarFunction(own);
    // In this order: once it is confined, no statement loosens it again.
    if (confinedTo)
      await connection.run(
        `SET allowed_directories = [${confinedTo.map(quote).join(', ')}]; SET enable_external_access = false`,
      );
    connection.closeSync();
    return new Engine(instance, threads);
  }

  /** Runs `work` with a session of its own and clears up after it, whatever happens. */
  async session<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const schema = `session_${this.#sessions++}`;
    const connect = async (): Promise<Session> => {
      const connection = await this.#instance.connect();
      await connection.run(`SET TimeZone = 'UTC'; SET schema = '${schema}'`);
      return new Session(connection, connect);
    };
    const first = await this.#instance.connect();
    await first.run(`CREATE SCHEMA ${schema}`);
    using session = await connect();
    this.#open++;
    try {
      return await work(session);
    } catch (error) {
      throw this.#explain(error);
    } finally {
      this.#open--;
      await first.run(`DROP SCHEMA ${schema} CASCADE`);
      first.closeSync();
    }
  }

  /** Memory is shared: what is too much for a session beside others may fit into an engine of its own. */
  #explain(error: unknown): unknown {
    if (!(error instanceof Error && error.message.startsWith('Out of Memory'))) return error;
    return new WharfError('The work does not fit into the memory of the engine', {
      code: OUT_OF_MEMORY,
      route: this.#open > 1 ? 'transient' : 'terminal',
      fix: 'Give the engine more memory, or make rows narrower',
      cause: error,
    });
  }

  [Symbol.dispose](): void {
    this.#instance.closeSync();
  }
}

const OUT_OF_MEMORY = 'engine.out_of_memory';

/** Whether the same work would run out of memory again. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof WharfError && error.code === OUT_OF_MEMORY && error.route === 'terminal';

/** Waits for all, then throws the first failure: closing a connection another query still runs on crashes DuckDB. */
async function all<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(work);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<T>).value);
}
