/** DynamoDB in a thread of its own, so that it and the handlers each have a core: a fifth more deliveries a second on two cores. */
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import dynalite from 'dynalite';
import type { Started } from '../threads/service.ts';
import { closeIterators } from './iterators.ts';
import { isStranger } from './strangers.ts';

closeIterators();
const { path, port } = workerData as { path: string; port: number };
const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });

const answer = server.listeners('request')[0] as RequestListener;
server.removeAllListeners('request').on('request', (request, response) => {
  if (isStranger(request.headers)) response.writeHead(403).end();
  else answer(request, response);
});
const say = (started: Started) => parentPort!.postMessage(started);
server.on('error', ({ code = '', message }: NodeJS.ErrnoException) => say({ code, message }));
server.listen(port, '127.0.0.1', () => say({ port: (server.address() as AddressInfo).port }));
parentPort!.once('message', () => {
  server.closeAllConnections();
  server.close(() => process.exit());
});
