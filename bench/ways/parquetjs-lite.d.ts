/** The part of parquetjs-lite that is used here; it ships no types. */
declare module 'parquetjs-lite' {
  interface Writer {
    appendRow(row: Record<string, unknown>): Promise<void>;
    close(): Promise<void>;
  }
  const parquet: {
    ParquetSchema: new (fields: Record<string, { type: string; optional?: boolean }>) => unknown;
    ParquetWriter: { openFile(schema: unknown, path: string): Promise<Writer> };
  };
  export default parquet;
}
