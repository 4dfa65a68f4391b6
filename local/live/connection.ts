/** One WebSocket client as API Gateway would treat it, and stricter where a laptop must be. */
import type { RawData, WebSocket } from 'ws';

/** Close codes of RFC 6455. */
export const codes = { goingAway: 1001, unsupported: 1003, policy: 1008, tryAgainLater: 1013 } as const;

export interface Limits {
  /** Bytes of a client's message; API Gateway's own limit. @default 128 KB */
  readonly message: number;
  /** Bytes that may wait for a client to read them. @default 1 MB */
  readonly unread: number;
  /** Messages that may wait for the function. @default 100 */
  readonly waiting: number;
  /** Time between two looks whether a client is still there. @default 30 seconds */
  readonly pingMs: number;
  /** Age at which a connection is ended; API Gateway's own limit. @default two hours */
  readonly ageMs: number;
}

export const defaults: Limits = {
  message: 128 * 1024,
  unread: 1024 ** 2,
  waiting: 100,
  pingMs: 30_000,
  ageMs: 2 * 3600_000,
};

/** A client that is told to go and does not is cut off after so long. */
const GRACE_MS = 1_000;

export class Connection {
  readonly #since = Date.now();
  readonly #socket: WebSocket;
  readonly #limits: Limits;
  readonly #waiting: string[] = [];
  #alive = true;
  #working: Promise<void> | undefined;

  /** @param handle is called with one message after the other; what it returns is sent */
  constructor(
    socket: WebSocket,
    limits: Limits,
    { handle, gone }: { handle: (text: string) => Promise<string | undefined>; gone: () => void },
  ) {
    this.#socket = socket;
    this.#limits = limits;
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) this.close(codes.unsupported);
      else this.#receive(String(data), handle);
    });
    // What is wrong with a frame, `ws` has told the client with its close code.
    socket.on('error', () => {});
    socket.once('close', gone);
  }

  /** @returns false where the client is gone, or will be: it does not read what it is sent */
  send(text: string | Buffer): boolean {
    const { readyState, OPEN, bufferedAmount } = this.#socket;
    if (readyState !== OPEN) return false;
    if (bufferedAmount + text.length > this.#limits.unread) {
      this.close(codes.tryAgainLater);
      return false;
    }
    this.#socket.send(text, { binary: false });
    return true;
  }

  close(code: number): void {
    this.#socket.close(code);
    // A client that does not read does not read this either.
    setTimeout(() => this.#socket.terminate(), GRACE_MS).unref();
  }

  /** Ends what is too old, or has not answered since the last look: such a socket is open at one end only. */
  look(): void {
    if (!this.#alive) this.#socket.terminate();
    else if (Date.now() - this.#since > this.#limits.ageMs) this.close(codes.goingAway);
    else {
      this.#alive = false;
      this.#socket.ping();
    }
  }

  #receive(text: string, handle: (text: string) => Promise<string | undefined>): void {
    if (this.#waiting.length >= this.#limits.waiting) {
      this.#waiting.length = 0;
      this.close(codes.policy);
      return;
    }
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#waiting.push(text);
    this.#working ??= this.#work(handle).finally(() => {
      this.#working = undefined;
    });
  }

  async #work(handle: (text: string) => Promise<string | undefined>): Promise<void> {
    for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift()) {
      const answer = await handle(text);
      if (answer !== undefined) this.send(answer);
    }
  }
}
