/** Who may talk to the services of one machine: its programs, and no web page that a browser on it happens to show. */
import type { IncomingHttpHeaders } from 'node:http';

/** Names that mean this machine wherever they are looked up; a page may give any other name this address. */
const isHere = (host: string): boolean =>
  /^(127\.0\.0\.1|\[::1\]|([a-z0-9-]+\.)*localhost)(:\d+)?$/i.test(host);

/** Whether a request comes from elsewhere by way of a browser: it names another host, or the page it stands on. */
export const isStranger = ({ host = '127.0.0.1', origin }: IncomingHttpHeaders): boolean =>
  !isHere(host) || (origin !== undefined && !isHere(origin.replace(/^https?:\/\//, '')));
