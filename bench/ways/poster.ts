/**
 * A client in a process of its own: `poster.ts <url> <key> <requests a second> <seconds>` posts so many single events and says
 * how long their answers took. Each begins when it is due, whether earlier ones are answered or not, and is timed from then.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../support.ts';
import { agent, post } from './post.ts';
import { view } from './view.ts';

/** Milliseconds from when a request was due to the end of its answer. */
export interface Answered {
  readonly p50: number;
  readonly p99: number;
}

const [url = '', key, rate, length] = process.argv.slice(2);
const [perSecond, seconds] = [Number(rate), Number(length)];

/** The first second is this process's own warming up: connections are opened, code is compiled. */
const WARM_MS = 1_000;
const times: number[] = [];
const under: Promise<void>[] = [];
const start = performance.now();
for (let i = 0; i < perSecond * (seconds + 1); i++) {
  const due = start + (i * 1000) / perSecond;
  if (due > performance.now()) await sleep(due - performance.now());
  under.push(
    post(url, JSON.stringify(view(i)), key).then(() => {
      if (due - start >= WARM_MS) times.push(performance.now() - due);
    }),
  );
}
await Promise.all(under);
process.send!({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) } satisfies Answered);
process.disconnect();
agent.destroy();
