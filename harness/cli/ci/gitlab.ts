/** `.gitlab-ci.yml` */
import { aptInstall, ENSURE_DURATIONS, IMAGE, mergeReports, runShard } from './parts.js';
import type { PipelineOptions } from './pipelines.js';

export function gitlabPipeline({ shards, qemu, config }: PipelineOptions): string {
  return `# Written by "guestwright ci init gitlab", and yours from here on.
stages: [durations, scenarios, report]

default:
  # Debian 12: other distributions have no i386 kernel package, of which guests are made.
  image: ${IMAGE}

variables:
  # GitLab keeps nothing that lies outside of the project.
  GUESTWRIGHT_CACHE: $CI_PROJECT_DIR/.guestwright
  GUESTWRIGHT_STORE_LIMIT: 1GB
  PLAYWRIGHT_BLOB_OUTPUT_DIR: reports/blob

# Every shard has to split the scenarios by the same numbers: they are fetched once.
durations:
  stage: durations
  script:
    - |
      ${ENSURE_DURATIONS}
  cache:
    key: guestwright-durations
    paths: [durations.json]
    policy: pull
  artifacts:
    paths: [durations.json]
    expire_in: 1 week

scenarios:
  stage: scenarios
  parallel: ${shards}
  timeout: 2 hours
${
  qemu
    ? `  # KVM is the runner's to give: devices = ["/dev/kvm"] below [runners.docker] in its config.toml. Without it QEMU emulates.
`
    : ''
}  before_script:
    - ${aptInstall(qemu)}
    - npm ci
    - npx guestwright doctor
  script:
    - ${runShard(config, '$CI_NODE_INDEX/$CI_NODE_TOTAL')}
  cache:
    # Guest images.
    - key:
        prefix: guestwright-images
        files: [images.lock]
      paths:
        - .guestwright/images
        - .guestwright/fonts
    # What scenarios did before.
    - key: guestwright-store-$CI_NODE_INDEX
      paths:
        - .guestwright/store
  artifacts:
    # Also of a shard that failed: that is when it is read.
    when: always
    paths: [reports/blob]
    expire_in: 1 week

report:
  stage: report
  when: always
  script:
    - npm ci
    # Fails when a shard left no report.
    - ${mergeReports(config, 'reports/blob')}
    - cp reports/durations.json durations.json
  cache:
    key: guestwright-durations
    paths: [durations.json]
    policy: push
  artifacts:
    # The files of failed machines are in it too: "npx guestwright show <file>".
    when: always
    paths:
      - reports/html
      - reports/summary.json
      - reports/durations.json
    expire_in: 30 days
`;
}
