/** Starts the state machine that takes a delivery the distributed road. */
import { randomBytes } from 'node:crypto';
import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Delivery } from '../../core/delivery/model.ts';

/** While an execution of that name runs, starting it again is the same execution; one that ended is not started again. */
export const starter =
  (sfn: SFNClient, stateMachineArn: string) =>
  async ({ delivery }: Pick<Delivery, 'delivery'>): Promise<void> => {
    const start = (name: string) =>
      sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify({ delivery }) }));
    try {
      await start(delivery);
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
      await start(`${delivery}-${randomBytes(4).toString('hex')}`);
    }
  };
