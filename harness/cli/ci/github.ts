/** `.github/workflows/guestwright.yml` */
import { aptInstall, ENSURE_DURATIONS, IMAGE, mergeReports, runShard, shardNumbers } from './parts.js';
import type { PipelineOptions } from './pipelines.js';

export function githubPipeline({ shards, qemu, config }: PipelineOptions): string {
  return `# Written by "guestwright ci init github", and yours from here on.
name: guestwright

on:
  push:
    branches: [main, master]
  pull_request:

permissions:
  contents: read

jobs:
  # Every shard has to split the scenarios by the same numbers: they are fetched once.
  durations:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@v4
      - uses: actions/cache/restore@v4
        with:
          path: durations.json
          # Never there: the newest one is taken.
          key: guestwright-durations-\${{ github.run_id }}
          restore-keys: guestwright-durations-
      - run: ${yamlText(ENSURE_DURATIONS)}
      - uses: actions/upload-artifact@v4
        with:
          name: durations
          path: durations.json
          retention-days: 7
          overwrite: true

  scenarios:
    needs: durations
    runs-on: ubuntu-24.04
    timeout-minutes: 120
    container:
      # Debian 12: other distributions have no i386 kernel package, of which guests are made.
      image: ${IMAGE}
${
  qemu
    ? `      # Hosted x64 runners have KVM, arm64 ones have not: remove this line there. The container's user is root, to whom the
      # device belongs; outside of a container the runner's user needs the udev rule of Guestwright's docs/ci.md.
      options: --device /dev/kvm
`
    : ''
}    strategy:
      # The other shards tell what they find all the same.
      fail-fast: false
      matrix:
        shard: [${shardNumbers(shards).join(', ')}]
    env:
      # What a cache of GitHub's has room for, with one for each shard.
      GUESTWRIGHT_STORE_LIMIT: 1GB
      PLAYWRIGHT_BLOB_OUTPUT_DIR: reports/blob
    steps:
      - uses: actions/checkout@v4
      - run: ${aptInstall(qemu)}
      - run: npm ci
      - run: npx guestwright doctor
      - uses: actions/download-artifact@v4
        with:
          name: durations
      - name: Guest images
        uses: actions/cache@v4
        with:
          path: |
            ~/.cache/guestwright/images
            ~/.cache/guestwright/fonts
          key: guestwright-images-\${{ hashFiles('images.lock') }}
      - name: What scenarios did before
        uses: actions/cache@v4
        with:
          path: ~/.cache/guestwright/store
          key: guestwright-store-\${{ matrix.shard }}-\${{ hashFiles('images.lock', 'package-lock.json', 'scenarios/**') }}
          restore-keys: guestwright-store-\${{ matrix.shard }}-
      - run: ${runShard(config, '${{ matrix.shard }}/${{ strategy.job-total }}')}
      - uses: actions/upload-artifact@v4
        if: \${{ !cancelled() }}
        with:
          name: blob-\${{ matrix.shard }}
          path: reports/blob
          retention-days: 7
          overwrite: true

  report:
    # Also of shards that failed: that is when it is read.
    if: \${{ !cancelled() }}
    needs: scenarios
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 20
      - run: npm ci
      - uses: actions/download-artifact@v4
        with:
          pattern: blob-*
          path: blobs
          merge-multiple: true
      # Of tests that did not pass now, what is known stays.
      - uses: actions/download-artifact@v4
        with:
          name: durations
      # Fails when a shard left no report.
      - run: ${mergeReports(config, 'blobs')}
      - uses: actions/upload-artifact@v4
        if: \${{ !cancelled() }}
        with:
          # The files of failed machines are in it too: "npx guestwright show <file>".
          name: report
          path: |
            reports/html
            reports/summary.json
            reports/durations.json
          retention-days: 30
          overwrite: true
      - run: cp reports/durations.json durations.json
      - uses: actions/cache/save@v4
        with:
          path: durations.json
          key: guestwright-durations-\${{ github.run_id }}-\${{ github.run_attempt }}
`;
}

/** In single quotes: what is in it is the shell's. */
function yamlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
