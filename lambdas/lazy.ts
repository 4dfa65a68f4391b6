/**
 * A handler that is built from the process's environment on its first call, so that importing the module needs
 * none: one machine builds the same handlers from the template's environment instead.
 */
export function lazy<Args extends unknown[], Result>(
  build: () => (...args: Args) => Result,
): (...args: Args) => Result {
  let built: ((...args: Args) => Result) | undefined;
  return (...args) => {
    built ??= build();
    return built(...args);
  };
}
