/** A way from one CSV file to Parquet files. */
import type { Engine } from '../../platform/engine/duckdb.ts';

export interface Way {
  /** Threads of the engine. */
  readonly threads: number;
  /** Does the job once, in a folder of its own; returns the rows it read. */
  run(engine: Engine, csv: string, dir: string): Promise<number>;
}
