/** Who may import whom: docs/architecture.md has the picture, this has the rule. */
const own = 'core|datasets|platform|lambdas|lib|local|localstack|cli|bin|bench|test';
const only = (from, allowed, comment) => ({
  name: `${from}-imports`,
  comment,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: `^(${own})/`, pathNot: `^(${[from, ...allowed].join('|')})/` },
});

export default {
  forbidden: [
    only('core', [], 'The domain stands alone.'),
    only('datasets', ['core'], 'A dataset is a declaration.'),
    only('platform', ['core'], 'Adapters fulfil what core declares; they do not know the datasets.'),
    only('lambdas', ['core', 'datasets', 'platform'], 'Functions put the parts together.'),
    only('lib', ['core', 'datasets'], 'Infrastructure names a function by its path only.'),
    only(
      'local',
      ['core', 'datasets', 'platform', 'lambdas'],
      'One machine runs the handlers, from the template.',
    ),
    only('localstack', ['core'], 'What deploys the app knows it by the command `cdk`.'),
    only(
      'cli',
      ['core', 'datasets', 'platform', 'local'],
      'Commands go through the same doors as everybody.',
    ),
    {
      name: 'core-is-pure',
      comment: 'No I/O, no SDK, no environment: zod, cron and pure codecs only.',
      severity: 'error',
      from: { path: '^core/' },
      to: { dependencyTypes: ['npm', 'core'], pathNot: '(^|/)node_modules/(zod|avsc|yaml|croner)/' },
    },
    {
      name: 'no-lambda-imports-another',
      severity: 'error',
      from: { path: '^lambdas/([^/]+)/' },
      to: { path: '^lambdas/[^/]+/', pathNot: '^lambdas/$1/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
