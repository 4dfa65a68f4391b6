/** What must hold on every cloud: one suite, run on the local one by `npm test` and on an emulator by `npm run test:e2e`. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Verbs } from '../verbs.ts';
import { arrivals } from './arrivals.ts';
import { audits } from './audit.ts';
import { formats } from './formats.ts';
import { posts } from './posts.ts';

export type PipelineCloud = Verbs & AsyncDisposable;

/** Some of the suite's tests; `cloud` is there once they run. */
export type Part = (cloud: () => PipelineCloud) => void;

/** The names of what the parts land are theirs: `on` may be a cloud where others land files too. */
export function pipelineSuite(on: string, open: () => Promise<PipelineCloud>): void {
  describe(`on ${on}`, () => {
    let cloud: PipelineCloud;
    beforeAll(async () => {
      cloud = await open();
    }, 60_000);
    afterAll(async () => cloud[Symbol.asyncDispose]());
    for (const part of [formats, arrivals, posts, audits]) part(() => cloud);
  });
}
