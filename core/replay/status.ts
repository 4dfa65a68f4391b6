/** What has become of each refused row, told by the quarantine table alone: it is only ever appended to. */

/** A row's number in its delivery; that of a line that is no row, negative. */
const PLACE = 'coalesce(_row, -line)';

/**
 * `SELECT` of all refused rows of a quarantine table with `status` (`open`, `replayed` or `discarded`), `released_by`,
 * `released_at` and `released_because`. The same in DuckDB and in Athena. A release is a row that names another one in
 * `origin_delivery`; what undoes the delivery that wrote it takes it away, and the row is open again.
 */
export const statusSql = (table: string): string =>
  `SELECT q._delivery, q._row, q.line, q.raw, q.reasons, q.received, q.arrived_at, coalesce(r.release, 'open') AS status, r._delivery AS released_by, r.arrived_at AS released_at, r.release_reason AS released_because FROM (SELECT *, ${PLACE} AS place FROM ${table} WHERE origin_delivery IS NULL) q LEFT JOIN (SELECT *, coalesce(origin_row, -origin_line) AS place FROM ${table} WHERE origin_delivery IS NOT NULL) r ON r.origin_delivery = q._delivery AND r.place = q.place`;
