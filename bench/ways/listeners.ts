/** Many clients in a process of their own: `listeners.ts <url> <key> <clients>`. Asked, it says what they heard, and how late. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Heard {
  readonly orders: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

const [url = '', key = '', clients = '0'] = process.argv.slice(2);
/** Milliseconds from an order to its being heard → how often. */
const late = new Uint32Array(60_000);
let orders = 0;

interface Message {
  readonly type: string;
  readonly events?: readonly { readonly timestamp: string }[];
}

async function listen(): Promise<void> {
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${key}` },
    perMessageDeflate: false,
  });
  const ready = Promise.withResolvers<void>();
  socket.on('message', (text) => {
    const { type, events = [] } = JSON.parse(String(text)) as Message;
    if (type === 'subscribed') ready.resolve();
    const now = Date.now();
    for (const { timestamp } of type === 'events' ? events : []) {
      const ms = Math.min(Math.max(now - Date.parse(timestamp), 0), late.length - 1);
      late[ms]! += 1;
      orders += 1;
    }
  });
  await once(socket, 'open');
  if (!key) return;
  socket.send(JSON.stringify({ action: 'subscribe', datasets: ['retailos.streaming_orders'] }));
  await ready.promise;
}

function at(share: number): number {
  let left = orders * share;
  return late.findIndex((count) => {
    left -= count;
    return left <= 0;
  });
}

// A few at a time, as people come.
for (let i = 0; i < Number(clients); i += 20) await Promise.all(Array.from({ length: 20 }, listen));
process.on('message', (wanted) => {
  if (wanted === 'begin') {
    late.fill(0);
    orders = 0;
  }
  const heard: Heard = {
    ...{ orders, p50: at(0.5), p99: at(0.99) },
    worst: late.findLastIndex((count) => count > 0),
  };
  process.send!(heard);
});
process.send!('ready');
