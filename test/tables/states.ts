/** Walks a state machine as far as ours goes: tasks, a choice, branches, what is caught. */
import type { State, Steps } from '../../lib/distribution-steps.ts';

type Json = Readonly<Record<string, unknown>>;
/** What does a task: its resource and its parameters. */
export type Work = (resource: string, parameters: Json) => Promise<unknown>;

/** @example at({ a: { b: 1 } }, '$.a.b') // 1 */
const at = (input: unknown, path: string): unknown =>
  path
    .split('.')
    .slice(1)
    .reduce((found, key) => (found as Json | undefined)?.[key], input);

const filled = (template: Json, input: unknown): Json =>
  Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$') ? [key.slice(0, -2), at(input, value as string)] : [key, value],
    ),
  );

/** A result in its place of the state. */
const placed = (input: Json, path: unknown, result: unknown): Json =>
  typeof path === 'string' ? { ...input, [path.slice(2)]: result } : input;

interface Caught {
  readonly Next: string;
  readonly ResultPath: string;
}

/** @returns the state it ended in */
export async function walk({ StartAt, States }: Steps, given: Json, work: Work): Promise<string> {
  let [name, input] = [StartAt, given];
  for (;;) {
    const state = States[name]!;
    if (state.Type === 'Succeed' || state.Type === 'Fail' || state.End) {
      if (state.End) await run(state, input, work);
      return name;
    }
    try {
      const result = await run(state, input, work);
      const selected = state.ResultSelector ? filled(state.ResultSelector as Json, result) : result;
      input = placed(input, state.ResultPath, selected);
      name = state.Type === 'Choice' ? chosen(state, input) : (state.Next as string);
    } catch (error) {
      const [caught] = (state.Catch ?? []) as Caught[];
      if (!caught) throw error;
      const cause = JSON.stringify({ errorMessage: (error as Error).message });
      input = placed(input, caught.ResultPath, { Error: (error as Error).name, Cause: cause });
      name = caught.Next;
    }
  }
}

async function run(state: State, input: Json, work: Work): Promise<unknown> {
  if (state.Type === 'Task') {
    const result = await work(state.Resource as string, filled(state.Parameters as Json, input));
    // What comes back from a function has been JSON.
    return JSON.parse(JSON.stringify(result ?? null));
  }
  if (state.Type === 'Parallel')
    return Promise.all((state.Branches as Steps[]).map((branch) => walk(branch, input, work)));
  return undefined;
}

function chosen({ Choices, Default }: State, input: Json): string {
  const rules = Choices as { Variable: string; BooleanEquals: boolean; Next: string }[];
  return rules.find((rule) => at(input, rule.Variable) === rule.BooleanEquals)?.Next ?? (Default as string);
}
