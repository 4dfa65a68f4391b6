/** What may become of a write. */
import type { Fault } from './pipeline.ts';

export const faults = {
  /** The same for what is kept as a crash right before the next write. */
  'a crash right after it': async ({ send, die }) => {
    await send();
    die();
  },
  'a refusal': async () => {
    throw new Error('refused');
  },
  'an answer its worker never hears': async ({ send }) => {
    await send();
    throw new Error('no answer');
  },
  'another worker that does everything before it': async ({ send, others }) => {
    await others();
    return send();
  },
} as const satisfies Readonly<Record<string, Fault>>;

/** What the SDK does when it hears no answer: the write is made again. */
export const repeated: Fault = async ({ send }) => {
  await send();
  return send();
};
