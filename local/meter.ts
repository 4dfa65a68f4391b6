/** Counts what SDK clients send, as AWS would bill it: every attempt is a request. */
import type { Clients } from '../platform/aws.ts';

interface Capacity {
  readonly CapacityUnits?: number;
}

/** Requests by service and operation, e.g. `S3 PutObject`. */
export class Meter {
  readonly requests = new Map<string, number>();
  /** Bytes of the bodies sent to S3. */
  bytes = 0;
  /** DynamoDB's units of capacity, as it says itself. */
  readonly units = { read: 0, write: 0 };

  get total(): number {
    return this.requests.values().reduce((sum, count) => sum + count, 0);
  }

  reset(): void {
    this.requests.clear();
    this.bytes = 0;
    Object.assign(this.units, { read: 0, write: 0 });
  }

  /** The same clients, counted. */
  watch<C extends Partial<Clients>>(clients: C): C {
    for (const client of Object.values(clients) as Clients['s3'][]) {
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
      client.middlewareStack.add(
        (next, { clientName = '', commandName = '' }) =>
          async (args) => {
            if (!/DynamoDB/.test(clientName)) return next(args);
            const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' };
            const result = await next({ ...args, input });
            const { ConsumedCapacity } = result.output as { ConsumedCapacity?: Capacity | Capacity[] };
            for (const { CapacityUnits = 0 } of [ConsumedCapacity ?? []].flat())
              this.units[/Get|Query|Scan/.test(commandName) ? 'read' : 'write'] += CapacityUnits;
            return result;
          },
        { step: 'initialize' },
      );
    }
    return clients;
  }
}
