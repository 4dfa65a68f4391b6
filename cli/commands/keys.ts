/** `wharf keys`: who may use the API. */
import { Keys } from '../../platform/api/keys.ts';
import { awsClients } from '../../platform/aws.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, note, pc, print, printJson, table } from '../output.ts';

interface KeysOptions extends GlobalOptions {
  /** The ledger of a deployed stage; without it, the one of this machine. */
  readonly ledger?: string;
}

interface MakeOptions extends KeysOptions {
  readonly scope: readonly string[];
  readonly rate?: number;
}

/** Opens the keys of a deployed stage, or of this machine, for one piece of work. */
async function withKeys<T>({ ledger, state }: KeysOptions, work: (keys: Keys) => Promise<T>): Promise<T> {
  if (ledger) return work(new Keys(awsClients(process.env).dynamodb, ledger));
  await using installation = await useInstallation(state);
  return await work(installation.keys);
}

/** Makes a key and shows it, this once. */
export async function makeKey(name: string, options: MakeOptions): Promise<number> {
  const { scope: scopes, rate } = options;
  const { id, text } = await withKeys(options, (keys) => keys.make({ name, scopes, rate }));
  if (options.json) printJson({ id, key: text, name, scopes });
  else {
    print(text);
    note(pc.dim('Only its hash is kept: this is the one time it is shown.'));
  }
  return exit.done;
}

/** Lists the keys, without what is secret about them. */
export async function listKeys(options: KeysOptions): Promise<number> {
  const found = await withKeys(options, (keys) => keys.list());
  if (options.json) printJson(found);
  else
    print(
      table(
        ['id', 'name', 'scopes', 'events/s', 'state', 'made'],
        found.map((key) => [
          ...[key.id, key.name, key.scopes.join(' '), key.rate, key.state],
          key.created_at.slice(0, 16).replace('T', ' '),
        ]),
        ['events/s'],
      ),
    );
  return exit.done;
}

/** Ends a key. */
export async function revokeKey(id: string, options: KeysOptions): Promise<number> {
  await withKeys(options, (keys) => keys.revoke(id));
  if (options.json) printJson({ id, state: 'revoked' });
  else
    print(`${id} is revoked. The API forgets it within the time its authorizer's answers count, a minute.`);
  return exit.done;
}
