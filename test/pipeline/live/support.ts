/** Clients of the live API, as programs and browsers are. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { until } from '../../cli/support.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages of any shape
export type Message = any;

/** Connects with a key in the header, as programs do. */
export async function connect(url: string, key: string) {
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${key}` } });
  return opened(socket);
}

export async function opened(socket: WebSocket) {
  const heard: Message[] = [];
  const closed = once(socket, 'close').then(([code]) => code as number);
  socket.on('message', (text) => heard.push(JSON.parse(String(text))));
  await once(socket, 'open');
  let asked = 0;
  return {
    socket,
    heard,
    /** The close code, once there is one. */
    closed,
    /** Messages of a type. */
    of: (type: string): Message[] => heard.filter((one) => one.type === type),
    /** All events heard so far. */
    events: (): Message[] => heard.filter((one) => one.type === 'events').flatMap((one) => one.events),
    /** Sends a message and gives its answer. */
    async ask(message: object): Promise<Message> {
      asked += 1;
      const id = String(asked);
      socket.send(JSON.stringify({ ...message, id }));
      await until(`answer ${id}`, () => heard.some((one) => one.id === id));
      return heard.find((one) => one.id === id);
    },
    async end(): Promise<void> {
      socket.close();
      await closed;
    },
  };
}

/** The status with which a connection is refused; 101 where it is not. */
export async function refusal(url: string, options: object = {}, protocols: string[] = []): Promise<number> {
  const socket = new WebSocket(url, protocols, options);
  socket.on('error', () => {});
  const status = await Promise.race([
    once(socket, 'unexpected-response').then(([, response]) => (response as IncomingMessage).statusCode!),
    once(socket, 'open').then(() => 101),
  ]);
  socket.terminate();
  return status;
}
