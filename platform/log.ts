/** Structured logs: one JSON object a line on standard error. Row values never go in here. */

export type Level = 'debug' | 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;
type Sink = (level: Level, message: string, fields: Fields) => void;

/** What JSON leaves as it is, and a terminal obeys or a reader takes for the end of a line. */
const CONTROLS = /[\u007f-\u009f\u2028\u2029]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const toStderr: Sink = (level, message, fields) => {
  const line = JSON.stringify({ time: new Date().toISOString(), level, message, ...fields });
  process.stderr.write(`${line.replace(CONTROLS, escaped)}\n`);
};

export const log = {
  info: (message: string, fields: Fields = {}) => toStderr('info', message, fields),
  warn: (message: string, fields: Fields = {}) => toStderr('warn', message, fields),
  error: (message: string, fields: Fields = {}) => toStderr('error', message, fields),
};
