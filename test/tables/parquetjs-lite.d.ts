/** The parts of parquetjs-lite below its public face; the face is declared in bench/ways. */
declare module 'parquetjs-lite/lib/util.js' {
  import type { FileMetaData } from 'parquetjs-lite/gen-nodejs/parquet_types.js';

  const util: {
    decodeThrift(into: FileMetaData, bytes: Buffer): number;
    serializeThrift(from: FileMetaData): Buffer;
  };
  export default util;
}

declare module 'parquetjs-lite/gen-nodejs/parquet_types.js' {
  interface SchemaElement {
    name: string;
    field_id: number | null;
    converted_type: number | null;
    precision: number | null;
    scale: number | null;
  }
  export interface FileMetaData {
    schema: SchemaElement[];
  }
  const types: { FileMetaData: new () => FileMetaData; ConvertedType: { readonly DECIMAL: number } };
  export default types;
}
