/** Posts events to the API, as often as it takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WharfError } from '../../core/errors.ts';

export type Outcome = 'accepted' | 'refused';

const TRIES = 5;
const FIRST_WAIT_MS = 100;

/** What became of an event, by the status of the answer. */
const outcomes: Readonly<Record<number, Outcome>> = {
  202: 'accepted',
  400: 'refused',
  413: 'refused',
  422: 'refused',
};

const unreachable = (what: string, cause?: unknown): WharfError =>
  new WharfError(`The API at this address ${what}`, {
    code: 'simulate.unreachable',
    route: 'usage',
    fix: 'Is `wharf start` running on this state? Else name the API with --url and its key with WHARF_API_KEY',
    cause,
  });

/**
 * A post that is tried again cannot happen twice: in a dataset with a key the same event is the same post.
 * @throws WharfError `simulate.unreachable`
 */
export function poster(api: string, key: string, dataset: string): (json: string) => Promise<Outcome> {
  const url = `${api.replace(/\/$/, '')}/v1/${dataset.replace('.', '/')}`;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return async (body) => {
    for (let tries = 1; ; tries++) {
      const answer = await fetch(url, { method: 'POST', headers, body }).catch((error: unknown) => error);
      if (!(answer instanceof Response)) {
        if (tries === TRIES) throw unreachable('does not answer', answer);
        await sleep(FIRST_WAIT_MS * 2 ** tries);
        continue;
      }
      await answer.arrayBuffer();
      const outcome = outcomes[answer.status];
      if (outcome) return outcome;
      const passes = answer.status === 429 || answer.status >= 500;
      if (!passes || tries === TRIES) throw unreachable(`answered ${answer.status}`);
      const wait = Number(answer.headers.get('retry-after')) * 1000;
      await sleep(wait || FIRST_WAIT_MS * 2 ** tries);
    }
  };
}
