import { Agent, request } from 'node:http';

/** Connections that are kept, as a client keeps them. */
export const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Posts JSON and reads the answer to its end. @throws where it was not taken */
export function post(url: string, body: string, key = ''): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${key}`,
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((done, fail) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', done);
      if (![201, 202].includes(response.statusCode!)) fail(new Error(`answered ${response.statusCode}`));
    });
    sent.once('error', fail).end(body);
  });
}
