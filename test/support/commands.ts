/** Commands of model-based tests: each is done to the pipeline and to the model, which are compared after it. */
import type fc from 'fast-check';

/** Makes commands, told by their words. @param after what follows each of them */
export const comparing =
  <Model extends object, Real>(after: (model: Model, real: Real) => Promise<void>) =>
  (
    words: string,
    run: (model: Model, real: Real) => Promise<void>,
    check: (model: Readonly<Model>) => boolean = () => true,
  ): fc.AsyncCommand<Model, Real> => ({
    check,
    toString: () => words,
    async run(model, real) {
      await run(model, real);
      await after(model, real);
    },
  });

/** One of many by a number drawn before they were known. */
export const pick = <T>(many: Iterable<T>, n: number): T => {
  const all = [...many];
  return all[n % all.length]!;
};
