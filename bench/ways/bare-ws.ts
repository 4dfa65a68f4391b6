/** What one writes first: a `ws` server that sends every order it is posted to everybody, unasked and unchecked. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';

export async function startBareWs(): Promise<{ readonly api: string; readonly ws: string; stop(): void }> {
  const server = createServer(async (request, response) => {
    const order: unknown = JSON.parse(await text(request));
    const message = JSON.stringify({ type: 'events', events: [order] });
    for (const client of sockets.clients) client.send(message);
    response.writeHead(202).end();
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    api: `http://${at}`,
    ws: `ws://${at}`,
    stop() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      server.close();
    },
  };
}
