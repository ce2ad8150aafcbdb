import tseslint from 'typescript-eslint';

/** Forbids imports by pattern, with the reason in the message. */
const forbid = (...rules) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { patterns: rules.map(([regex, message]) => ({ regex, message })) },
  ],
});
const noHarness = ['/harness/', 'sdk never imports harness.'];
const noEngineInside = [
  'engines/(v86|qemu)/',
  'Outside sdk/engines/<name>/ only the contract (engines/engine.ts, engines/index.ts) is seen.',
];
const noPlaywright = ['^@playwright/test', 'Only the harness knows a test runner.'];
const nodeOnly = [
  '^(node:|fs$|path$|os$|worker_threads$|execa|pngjs)',
  'This code must also run in a browser: web-standard APIs only.',
];

export default tseslint.config(
  // AssemblyScript looks like TypeScript, but has types of its own; its compiler checks it.
  { ignores: ['dist/**', 'reports/**', 'node_modules/**', 'coverage/**', '**/assembly/**'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowRegExp: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off',
      // A stack that leads to the scenario's line needs every frame on the way.
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
    },
  },
  { files: ['sdk/**/*.ts'], rules: forbid(noHarness, noPlaywright, noEngineInside) },
  { files: ['sdk/engines/**/*.ts'], rules: forbid(noHarness, noPlaywright) },
  {
    files: ['sdk/screen/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.test.worker.ts', '**/*.test.helper.ts'],
    rules: forbid(noHarness, noPlaywright, noEngineInside, nodeOnly),
  },
  {
    // A format knows bytes alone; finding a disk's parents is for files.
    files: ['sdk/disks/vhd/**/*.ts'],
    ignores: ['**/parents.ts', '**/*.test.ts', '**/*.test.helper.ts', '**/*.test.process.ts'],
    rules: {
      ...forbid(noHarness, noPlaywright, noEngineInside, nodeOnly),
      'no-restricted-globals': ['error', 'process', 'Buffer', 'setImmediate', 'global', '__dirname', 'require'],
    },
  },
  {
    files: ['sdk/engines/v86/core/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.test.helper.ts', '**/*.test.worker.ts'],
    rules: {
      ...forbid(noHarness, noPlaywright, nodeOnly),
      'no-restricted-globals': ['error', 'process', 'Buffer', 'setImmediate', 'global', '__dirname', 'require'],
    },
  },
  { files: ['harness/**/*.ts', 'scenarios/**/*.ts'], rules: forbid(noEngineInside) },
  { files: ['harness/server/**/*.ts'], rules: forbid(noPlaywright, noEngineInside) },
  {
    files: ['harness/console/**/*.ts', 'harness/console/**/*.tsx'],
    languageOptions: { parserOptions: { project: './harness/console/tsconfig.json' } },
    rules: forbid(noPlaywright, noEngineInside),
  },
  {
    files: ['harness/console/src/**/*.ts', 'harness/console/src/**/*.tsx'],
    rules: forbid(noPlaywright, noEngineInside, nodeOnly),
  },
  {
    files: ['scenarios/**/*.ts'],
    rules: forbid(['^\\.\\./', "Scenarios import guestwright as a user's project would."]),
  },
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
);
