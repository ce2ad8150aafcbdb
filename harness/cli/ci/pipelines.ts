/** The pipelines that `guestwright ci init` can write. */
import { githubPipeline } from './github.js';
import { gitlabPipeline } from './gitlab.js';
import { jenkinsPipeline } from './jenkins.js';

export interface PipelineOptions {
  /** Machines that share the scenarios. */
  shards: number;
  qemu: boolean;
  /** The project's Playwright configuration, a path in the project. */
  config: string;
}

export const PROVIDERS = ['github', 'gitlab', 'jenkins'] as const;
export type Provider = (typeof PROVIDERS)[number];

export const PIPELINES: Record<Provider, { file: string; text: (options: PipelineOptions) => string }> = {
  github: { file: '.github/workflows/guestwright.yml', text: githubPipeline },
  gitlab: { file: '.gitlab-ci.yml', text: gitlabPipeline },
  jenkins: { file: 'Jenkinsfile', text: jenkinsPipeline },
};
