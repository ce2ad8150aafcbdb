/** The files of a new project. */
import { ownPackage } from '../package.js';

export type ModuleKind = 'module' | 'commonjs';

/** What a project needs, with the versions that this release was tested with. */
export function neededPackages(): Record<string, string> {
  const own = ownPackage();
  const range = (name: string): string => own.peerDependencies[name] ?? own.devDependencies[name] ?? '*';
  return {
    '@playwright/test': range('@playwright/test'),
    '@types/node': range('@types/node'),
    guestwright: `^${own.version}`,
    typescript: range('typescript'),
  };
}

/** Path to text. */
export function projectFiles(kind: ModuleKind): Record<string, string> {
  const ts = kind === 'module' ? 'ts' : 'mts';
  return {
    'package.json': packageJson(),
    [`playwright.config.${ts}`]: CONFIG,
    [`scenarios/first.spec.${ts}`]: FIRST_SCENARIO,
    'tsconfig.json': TSCONFIG,
    '.gitignore': GITIGNORE,
  };
}

function packageJson(): string {
  const manifest = {
    private: true,
    type: 'module',
    scripts: { test: 'guestwright run', typecheck: 'tsc' },
    devDependencies: neededPackages(),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const CONFIG = `import { defineConfig, defineGuests } from 'guestwright';

export default defineConfig({
  testDir: 'scenarios',
  // A project for every guest on every engine.
  projects: defineGuests({
    engines: ['v86'],
    guests: {
      'grub-rescue': { spec: { floppy: 'grub-rescue:floppy' } },
    },
  }),
});
`;

const FIRST_SCENARIO = `import { expect, test } from 'guestwright';

test('the rescue floppy boots to its menu and gives a command line', async ({ machine }) => {
  await expect(machine).toShowText('GNU GRUB', { timeout: 60_000 });
  await machine.keyboard.press('c');
  await expect(machine).toShowText('grub>');

  await machine.keyboard.type('echo Hello from the guest\\n');
  await expect(machine).toShowText(/^Hello from the guest/m);
});
`;

const TSCONFIG = `{
  "compilerOptions": {
    "target": "ES2022",
    "lib": ["ES2023", "ESNext.Disposable"],
    "module": "preserve",
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true,
    "types": ["node"]
  },
  "include": ["*.config.ts", "*.config.mts", "scenarios"]
}
`;

const GITIGNORE = `node_modules/
reports/
`;
