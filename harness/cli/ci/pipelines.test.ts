import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { githubProblems } from './github-parser.test.helper.js';
import { PIPELINES, PROVIDERS } from './pipelines.js';

const GITLAB_CI_LOCAL = createRequire(import.meta.url).resolve('gitlab-ci-local');

/** It uses this method of newer Nodes. */
const SET_UNION =
  'data:text/javascript,Set.prototype.union ||= function (other) { return new Set([...this, ...other]); };';

const VARIANTS = [
  { shards: 2, qemu: false, config: 'playwright.config.ts' },
  { shards: 1, qemu: true, config: 'playwright.config.mts' },
  { shards: 12, qemu: true, config: 'playwright.config.ts' },
];

/** gitlab-ci-local checks a file against the schema of GitLab's editor, and expands the jobs. */
async function gitlabLocal(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-gitlab-'));
  try {
    await writeFile(join(folder, '.gitlab-ci.yml'), text);
    spawnSync('git', ['init', '--quiet'], { cwd: folder });
    spawnSync('git', ['remote', 'add', 'origin', 'git@gitlab.example:group/project.git'], { cwd: folder });
    const options = { cwd: folder, reject: false, all: true, env: { HOME: folder } } as const;
    const { exitCode, all } = await execa(
      process.execPath,
      ['--import', SET_UNION, GITLAB_CI_LOCAL, '--list-csv'],
      options,
    );
    return { exitCode, output: all };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      if: z.string().optional(),
      strategy: z.object({ matrix: z.object({ shard: z.array(z.number()) }) }).optional(),
      container: z.object({ image: z.string(), options: z.string().optional() }).optional(),
      steps: z.array(
        z.object({
          uses: z.string().optional(),
          if: z.string().optional(),
          run: z.string().optional(),
          with: z.record(z.string(), z.unknown()).default({}),
        }),
      ),
    }),
  ),
});

test.each(VARIANTS)('the workflow for $shards shards (QEMU: $qemu) is right by GitHub’s own parser', (variant) => {
  expect(githubProblems(PIPELINES.github.text(variant))).toEqual([]);
});

test('the parser finds what is wrong in a workflow', () => {
  const text = PIPELINES.github.text(VARIANTS[0] ?? { shards: 2, qemu: false, config: '' });
  expect(githubProblems(text.replace('runs-on:', 'run-on:'))).not.toEqual([]);
  expect(githubProblems(text.replace('${{ github.run_id }}', '${{ github.run_id'))).not.toEqual([]);
});

test('the workflow may read only, has a job for each shard, and keeps reports of shards that failed', () => {
  const { permissions, jobs } = workflow.parse(parse(PIPELINES.github.text({ shards: 3, qemu: true, config: 'p.ts' })));
  expect(permissions).toEqual({ contents: 'read' });
  const { scenarios, report, durations } = jobs;
  expect(scenarios?.strategy?.matrix.shard).toEqual([1, 2, 3]);
  expect(scenarios?.container).toEqual({ image: 'node:20-bookworm', options: '--device /dev/kvm' });
  const upload = scenarios?.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact'));
  expect(upload).toMatchObject({ if: '${{ !cancelled() }}', with: { path: 'reports/blob' } });
  expect(report?.if).toBe('${{ !cancelled() }}');
  // The cache of GitHub's has an entry for the same paths only.
  const paths = [durations, report].map(
    (job) => job?.steps.find(({ uses }) => uses?.startsWith('actions/cache'))?.with['path'],
  );
  expect(paths).toEqual(['durations.json', 'durations.json']);
});

test.each(VARIANTS)('the GitLab pipeline for $shards shards (QEMU: $qemu) fits GitLab’s schema', async (variant) => {
  const { exitCode, output } = await gitlabLocal(PIPELINES.gitlab.text(variant));
  expect(exitCode, output).toBe(0);
  expect(output).toMatch(/^durations;durations;on_success;/m);
  expect(output).toContain('json schema validated');
  expect(output.match(/^scenarios.*;scenarios;/gm) ?? []).toHaveLength(variant.shards);
  expect(output).toMatch(/^report;report;always;/m);
});

test('the schema finds what is wrong in a GitLab pipeline', async () => {
  const text = PIPELINES.gitlab.text({ shards: 2, qemu: false, config: 'playwright.config.ts' });
  const { exitCode, output } = await gitlabLocal(text.replace('policy: push', 'policy: shove'));
  expect(exitCode).not.toBe(0);
  expect(output).toContain('cache[0].policy');
});

test('the Jenkinsfile has a cell for each shard, its brackets and quotes are closed, and every shard is in the report', () => {
  const text = PIPELINES.jenkins.text({ shards: 3, qemu: true, config: 'playwright.config.ts' });
  expect(text).toContain("values '1', '2', '3'");
  for (const shard of [1, 2, 3]) expect(text).toContain(`unstash 'blob-${shard}'`);
  expect(text).toContain('--shard $SHARD/3');
  expect(text).toContain('--device /dev/kvm');
  const code = text.replace(/^ *\/\/.*$/gm, '').replace(/'''[^]*?'''|'[^'\n]*'|"[^"\n]*"/g, '');
  expect(code).not.toMatch(/['"]/);
  for (const [open, close] of [
    ['{', '}'],
    ['(', ')'],
    ['[', ']'],
  ] as const)
    expect(code.split(open).length).toBe(code.split(close).length);
});

test.each(PROVIDERS)('the pipeline for %s installs, runs by shards with blob reports, and merges them', (provider) => {
  const text = PIPELINES[provider].text({ shards: 2, qemu: false, config: 'playwright.config.mts' });
  expect(text).toContain('node:20-bookworm');
  expect(text).toMatch(/apt-get install --yes --no-install-recommends seabios['\n]/);
  expect(text).toMatch(/guestwright run --config playwright\.config\.mts --shard .*--reporter=list,blob/);
  expect(text).toContain('playwright merge-reports --config playwright.config.mts');
  expect(text).not.toContain('kvm');
  expect(PIPELINES[provider].text({ shards: 2, qemu: true, config: 'p.ts' })).toContain('seabios qemu-system-x86');
});
