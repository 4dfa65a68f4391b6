import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { portInUse } from '../services/ports.ts';

/** What a service's thread says first: where it listens, or why it does not. */
export type Started = { readonly port: number } | { readonly code: string; readonly message: string };

export interface Service {
  readonly url: string;
  /** Says `stop` to the thread, once however often it is called, and waits for its end. */
  stop(): Promise<void>;
}

/**
 * A service in a thread of its own.
 * @param file its code, which posts {@link Started} and, when it is told to stop, ends what it does and exits
 * @param option what chooses its port, for the error
 * @param hear what else it says
 * @throws WharfError `local.port_in_use`
 */
export async function startService<Task extends { readonly port: number }, Said>(
  file: URL,
  workerData: Task,
  option: string,
  hear: (said: Said) => void = () => {},
): Promise<Service> {
  const worker = new Worker(file, { workerData });
  const [started] = (await once(worker, 'message')) as [Started];
  if (!('port' in started)) {
    await worker.terminate();
    const { code, message } = started;
    throw portInUse(workerData.port, option, Object.assign(new Error(message), { code }));
  }
  worker.on('message', hear);
  const stop = async () => {
    const exited = once(worker, 'exit');
    worker.postMessage('stop');
    await exited;
  };
  let stopped: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${started.port}`,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
