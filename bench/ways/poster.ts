/**
 * A client in a process of its own: `poster.ts <url> <key> <requests a second> <seconds>` posts so many single events and says
 * how long their answers took. Each begins when it is due, whether earlier ones are answered or not, and is timed from then.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { view } from './view.ts';

/** Milliseconds from when a request was due to the end of its answer. */
export interface Answered {
  readonly p50: number;
  readonly p99: number;
}

const [url = '', key = '', perSecond = 0, seconds = 0] = process.argv
  .slice(2)
  .map((text, i) => (i < 2 ? text : Number(text))) as [string, string, number, number];
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function post(body: string): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${key}`,
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((done, fail) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', done);
      if (response.statusCode !== 202) fail(new Error(`answered ${response.statusCode}`));
    });
    sent.once('error', fail).end(body);
  });
}

/** The first second is this process's own warming up: connections are opened, code is compiled. */
const WARM_MS = 1_000;
const times: number[] = [];
const under: Promise<void>[] = [];
const start = performance.now();
for (let i = 0; i < perSecond * (seconds + 1); i++) {
  const due = start + (i * 1000) / perSecond;
  if (due > performance.now()) await sleep(due - performance.now());
  under.push(
    post(JSON.stringify(view(i))).then(() => {
      if (due - start >= WARM_MS) times.push(performance.now() - due);
    }),
  );
}
await Promise.all(under);
times.sort((a, b) => a - b);
const at = (share: number) => times[Math.floor(times.length * share)]!;
process.send!({ p50: at(0.5), p99: at(0.99) } satisfies Answered);
process.disconnect();
agent.destroy();
