/** Structured logs: one JSON object a line on standard error. Row values never go in here. */

export type Level = 'debug' | 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;
type Sink = (level: Level, message: string, fields: Fields) => void;

const toStderr: Sink = (level, message, fields) =>
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);

export const log = {
  info: (message: string, fields: Fields = {}) => toStderr('info', message, fields),
  warn: (message: string, fields: Fields = {}) => toStderr('warn', message, fields),
  error: (message: string, fields: Fields = {}) => toStderr('error', message, fields),
};
