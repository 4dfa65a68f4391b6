/** The part of Express that is used here; it ships no types. */
declare module 'express' {
  import type { IncomingMessage, Server } from 'node:http';

  interface Response {
    status(code: number): Response;
    json(body: unknown): void;
  }
  interface App {
    use(middleware: unknown): void;
    post(
      path: string,
      answer: (request: IncomingMessage & { body: unknown }, response: Response) => Promise<void>,
    ): void;
    listen(port: number, host: string, done: () => void): Server;
  }
  const express: { (): App; json(): unknown };
  export default express;
}
