/** How text files are read: side by side, records numbered, with a buffer that fits the longest line. */
import { quote } from '../../core/contract/text.ts';
import type { Piece } from './cut.ts';
import type { Part } from './source.ts';

/** DuckDB's CSV buffer must hold the longest line; small buffers keep memory down. */
const bufferSize = (rowBytes: number): number => Math.max(4 << 20, rowBytes * 2);

/** DuckDB counts the end of a line in, and refuses what is as long as its limit. */
const LINE_END = 3;

/**
 * The parts of a text file. DuckDB never sniffs: a ragged file fails in its sniffer.
 * @param options `read_csv` options of a piece, beside those all files share
 * @param records what is made of the records, which have `_row`, their ordinal in the piece from 1
 */
export function textParts(
  pieces: readonly Piece[],
  rowBytes: number,
  options: (piece: Piece) => string,
  records = (numbered: string): string => numbered,
): Part[] {
  const read = (piece: Piece, faults: string): string =>
    records(
      `SELECT *, row_number() OVER () AS _row FROM read_csv(${quote(piece.path)}, auto_detect = false, ${options(piece)}, max_line_size = ${rowBytes + LINE_END}, buffer_size = ${bufferSize(rowBytes)}, ${faults})`,
    );
  return pieces.map((piece, i) => ({
    path: piece.path,
    piecesBefore: pieces.slice(0, i).map(({ path }) => path),
    firstScan: read(piece, 'store_rejects = true, rejects_limit = 0'),
    relation: read(piece, 'ignore_errors = true'),
  }));
}
