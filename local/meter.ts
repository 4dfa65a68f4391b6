/** Counts what SDK clients send, as AWS would bill it: every attempt is a request. */
import type { Clients } from '../platform/aws.ts';

/** Requests by service and operation, e.g. `S3 PutObject`. */
export class Meter {
  readonly requests = new Map<string, number>();
  /** Bytes of the bodies sent to S3. */
  bytes = 0;

  get total(): number {
    return this.requests.values().reduce((sum, count) => sum + count, 0);
  }

  reset(): void {
    this.requests.clear();
    this.bytes = 0;
  }

  /** The same clients, counted. */
  watch<C extends Partial<Clients>>(clients: C): C {
    for (const client of Object.values(clients) as Clients['s3'][])
      client.middlewareStack.add(
        (next, { clientName = '', commandName = '' }) =>
          (args) => {
            const service = clientName.replace(/Client$/, '');
            const name = `${service} ${commandName.replace(/Command$/, '')}`;
            this.requests.set(name, (this.requests.get(name) ?? 0) + 1);
            const { headers } = args.request as { headers: Record<string, string> };
            if (service === 'S3') this.bytes += Number(headers['content-length'] ?? 0);
            return next(args);
          },
        // After the retries' own middleware: what is tried again is counted again.
        { step: 'finalizeRequest', priority: 'low' },
      );
    return clients;
  }
}
