/** What stands between SDK clients and their services in a test: it counts, delays, refuses or loses requests. */
import type { Clients } from '../../platform/aws.ts';

export interface Request {
  /** As the service calls it, e.g. `PutItem`. */
  readonly name: string;
  /** Whether it may change something: whatever is not known to only look. */
  readonly writes: boolean;
  readonly args: { readonly input: unknown; readonly request: unknown };
}

/** Sends a request, or does something else; what it returns or throws is what the caller sees. */
export type Between = (send: () => Promise<unknown>, request: Request) => Promise<unknown>;

/** Commands that only look. One that nobody has thought of counts as a write. */
const looks = /^(Get|BatchGet|Head|List|Query|Scan|Receive|Describe)/;

/** `deserialize` is passed once a try, so that the SDK's own retries see what fails; `build` before a request is signed. */
type Step = 'build' | 'deserialize';

/** The same clients with `between` in their way. */
export function disturbed<Some extends Partial<Clients>>(
  clients: Some,
  between: Between,
  step: Step = 'deserialize',
): Some {
  for (const { middlewareStack } of Object.values(clients) as Clients['s3'][])
    (middlewareStack as { add(middleware: unknown, where: object): void }).add(
      (next: (args: Request['args']) => Promise<unknown>, { commandName = '' }: { commandName?: string }) =>
        (args: Request['args']) => {
          const name = commandName.replace(/Command$/, '');
          return between(() => next(args), { name, writes: !looks.test(name), args });
        },
      { step, priority: 'high' },
    );
  return clients;
}

/** The connection broke: the SDK tries again. */
export const reset = (): Error =>
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', $retryable: {} });
