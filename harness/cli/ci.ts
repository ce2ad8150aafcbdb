import { Argument, Command, InvalidArgumentError } from 'commander';
import { PROVIDERS, type Provider } from './ci/pipelines.js';

export function ciCommand(): Command {
  const init = new Command('init')
    .description("write a pipeline: it runs a project's scenarios in shards and makes one report of them")
    .addArgument(new Argument('<provider>', 'where it is to run').choices(PROVIDERS))
    .option('--shards <number>', 'machines that share the scenarios', shards, 2)
    .option('--qemu', 'install QEMU, and use KVM where there is one')
    .option('--force', 'overwrite a pipeline that is there')
    .addHelpText('after', AFTER_INIT)
    .action(async (provider: Provider, { shards, qemu = false, force = false }: InitFlags) => {
      const { writePipeline, wordWritten } = await import('./ci/init.js');
      const file = await writePipeline({ folder: process.cwd(), provider, shards, qemu, force });
      process.stdout.write(wordWritten(file));
    });
  return new Command('ci').description('run scenarios in CI').addHelpText('after', EXAMPLES).addCommand(init);
}

interface InitFlags {
  shards: number;
  qemu?: boolean;
  force?: boolean;
}

function shards(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 256)
    throw new InvalidArgumentError('It is a whole number from 1 to 256.');
  return value;
}

const EXAMPLES = `
Examples:
  guestwright ci init github
  guestwright ci init gitlab --shards 4
  guestwright ci init jenkins --qemu --force`;

const AFTER_INIT = `
Writes .github/workflows/guestwright.yml, .gitlab-ci.yml or Jenkinsfile. The pipeline runs in a container with Debian 12, keeps
images and the store of snapshots between runs, and splits the scenarios by how long each took before.
${EXAMPLES}`;
