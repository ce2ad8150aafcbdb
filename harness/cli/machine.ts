import { Command } from 'commander';
import type { HostCall } from './machine/on-host.js';
import { settingsOf, withSettings } from './machine/settings-of.js';

/** Loaded when asked for: help must answer at once. */
const load = () => import('./machine/on-host.js');

interface OnHost {
  host?: string;
  token?: string;
}

export function machineCommand(): Command {
  return new Command('machine')
    .description('use the machines of a host')
    .addHelpText('after', AFTER_HELP)
    .addCommand(
      onHost('list', 'list the machines', (call, options) => call.list(options)).option('--json', 'print JSON'),
    )
    .addCommand(createCommand())
    .addCommand(configureCommand())
    .addCommand(
      onMachine('info', 'show a machine: configuration, status, snapshots (JSON)', (call, name) => call.info(name)),
    )
    .addCommand(
      onMachine('start', 'switch it on, or go on where it was saved', (call, name) => call.task('startMachine', name)),
    )
    .addCommand(onMachine('save', 'save its state and end it', (call, name) => call.task('saveMachine', name)))
    .addCommand(
      onMachine('commit', 'keep what was written to its undo disks', (call, name) => call.task('commitChanges', name)),
    )
    .addCommand(
      onMachine('discard-changes', 'throw away what was written to its undo disks', (call, name) =>
        call.plain('discardChanges', name),
      ),
    )
    .addCommand(
      onMachine('shutdown', 'ask the guest to shut down (the power button), and wait for it', (call, name, options) =>
        call.shutdown(name, options),
      ).option('--limit <seconds>', 'how long it has for that; then it runs on (default: 120)'),
    )
    .addCommand(onMachine('power-off', 'pull the plug', (call, name) => call.task('powerOffMachine', name)))
    .addCommand(onMachine('pause', "stop the guest's time", (call, name) => call.plain('pauseMachine', name)))
    .addCommand(onMachine('resume', "let the guest's time go on", (call, name) => call.plain('resumeMachine', name)))
    .addCommand(onMachine('reset', 'the reset button', (call, name) => call.plain('resetMachine', name)))
    .addCommand(
      onMachine('discard-state', 'throw its saved state away', (call, name) => call.plain('discardState', name)),
    )
    .addCommand(
      with1('snapshot', '<snapshot>', 'take a snapshot of that name', (call, name, to) => call.snapshot(name, to)),
    )
    .addCommand(with1('revert', '<snapshot>', 'go back to a snapshot', (call, name, to) => call.revert(name, to)))
    .addCommand(
      with1('remove-snapshot', '<snapshot>', 'remove a snapshot', (call, name, to) => call.removeSnapshot(name, to)),
    )
    .addCommand(
      with1(
        'clone',
        '<to>',
        'copy a machine that is off; or, with --snapshot, make one that begins there',
        (call, name, to, options) => call.clone(name, to, options),
      )
        .option('--snapshot <snapshot>', 'make one that begins where this snapshot was taken')
        .option('--linked', 'copy no disk: the two share what is on them now'),
    )
    .addCommand(with1('rename', '<to>', 'rename a machine that is off', (call, name, to) => call.rename(name, to)))
    .addCommand(with1('type', '<text>', 'type a text', (call, name, text) => call.handle(name, { kind: 'type', text })))
    .addCommand(
      with1('press', '<chord>', 'press a chord, such as Control+Alt+Delete', (call, name, chord) =>
        call.handle(name, { kind: 'press', chord }),
      ),
    )
    .addCommand(
      onMachine('screen', 'print its screen', (call, name, options) => call.screen(name, options)).option(
        '-o, --output <file>',
        'write a PNG file instead',
      ),
    )
    .addCommand(insertCommand())
    .addCommand(
      with1('eject', '<drive>', 'take the medium out of a drive (cdrom0, floppy0)', (call, name, drive) =>
        call.insert(name, drive, null),
      ),
    )
    .addCommand(serialCommand())
    .addCommand(vncCommand())
    .addCommand(
      onMachine('control', 'show who has its keyboard and mouse, take that or give it back', (call, name, options) =>
        call.control(name, options),
      )
        .option('--take', 'take control')
        .option('--release', 'give it back')
        .option('--force', 'even if somebody else has it'),
    )
    .addCommand(registerCommand())
    .addCommand(
      onMachine('unregister', 'forget a registered machine; its folder stays', (call, name) =>
        call.plain('unregisterMachine', name),
      ),
    )
    .addCommand(
      onMachine('delete', 'delete it with its disks and snapshots', (call, name, options) =>
        call.delete(name, options),
      ).option('--yes', 'without it, only what would be removed is listed'),
    )
    .addCommand(
      onHost('events', 'what happened, the latest at the end', (call, options) => call.events(options))
        .option('--machine <name>', 'of this machine')
        .option('--text <text>', 'that have this text')
        .option('--follow', 'go on with those that happen')
        .option('--json', 'print JSON'),
    )
    .addCommand(
      onHost('host', 'the load of the host, and what each machine takes of it', (call, options) =>
        call.host(options),
      ).option('--json', 'print JSON'),
    )
    .addCommand(
      onHost('tasks', 'what is being done, and what was', (call, options) => call.tasks(options)).option(
        '--json',
        'print JSON',
      ),
    )
    .addCommand(cancelCommand());
}

function cancelCommand(): Command {
  return withHost(
    new Command('cancel')
      .description('give up a task: a start, save, snapshot, clone, or the merging of disks')
      .argument('<task>'),
  ).action(async (task: string, options: OnHost) => {
    await (await (await load()).hostCall(options)).cancel(task);
  });
}

const AFTER_HELP = `
Without --host it is the daemon of this host (guestwright serve). Another is named by its address, with a token of its own
in GUESTWRIGHT_TOKEN.

Examples:
  guestwright machine create web --cdrom grub-rescue:cdrom --disk 512
  guestwright machine start web
  guestwright machine screen web
  guestwright machine snapshot web installed
  guestwright machine list --host https://build.example:8443`;

type Options = Record<string, string | boolean | undefined>;

function onHost(name: string, about: string, run: (call: HostCall, options: Options) => Promise<void>): Command {
  return withHost(new Command(name).description(about)).action(async (options: OnHost & Options) => {
    await run(await (await load()).hostCall(options), options);
  });
}

function onMachine(
  name: string,
  about: string,
  run: (call: HostCall, machine: string, options: Options) => Promise<void>,
): Command {
  return withHost(new Command(name).description(about).argument('<machine>')).action(
    async (machine: string, options: OnHost & Options) => {
      await run(await (await load()).hostCall(options), machine, options);
    },
  );
}

function with1(
  name: string,
  argument: string,
  about: string,
  run: (call: HostCall, machine: string, value: string, options: Options) => Promise<void>,
): Command {
  return withHost(new Command(name).description(about).argument('<machine>').argument(argument)).action(
    async (machine: string, value: string, options: OnHost & Options) => {
      await run(await (await load()).hostCall(options), machine, value, options);
    },
  );
}

const ENGINE = 'v86 or qemu';

/** What it is made of. */
function withSpec(command: Command): Command {
  return command
    .option('--memory <MB>', 'main memory')
    .option('--cdrom <image>', 'what is in its CD drive: a file, or an image of the catalogue')
    .option('--floppy <image>', 'what is in its floppy drive')
    .option('--disk <MB or image>', 'a disk: blank, of so many MB, or over a file')
    .option('--spec <file>', 'a JSON file with the spec; the other options go before what is in it');
}

function createCommand(): Command {
  const command = new Command('create').description('create a machine').argument('<machine>');
  return withSettings(withSpec(withHost(command).option('--engine <engine>', ENGINE, 'v86'))).action(
    async (machine: string, options: OnHost & Options) => {
      const { hostCall } = await load();
      const { specOf } = await import('./machine/spec-of.js');
      await (await hostCall(options)).create(machine, await specOf(options), settingsOf(options));
    },
  );
}

function configureCommand(): Command {
  const command = new Command('configure')
    .description('change its settings, or its hardware while it is off: only what is given')
    .argument('<machine>');
  return withSettings(withSpec(withHost(command).option('--engine <engine>', ENGINE))).action(
    async (machine: string, options: OnHost & Options) => {
      const { hostCall } = await load();
      const { specOf } = await import('./machine/spec-of.js');
      await (await hostCall(options)).configure(machine, await specOf(options), settingsOf(options));
    },
  );
}

/** Into a drive of a machine that runs, or out of it. */
function insertCommand(): Command {
  return withHost(
    new Command('insert')
      .description('put a medium into a drive of a machine that runs')
      .argument('<machine>')
      .argument('<drive>', 'cdrom0 or floppy0')
      .argument('<medium>', 'a file of the host, or an image of the catalogue'),
  ).action(async (machine: string, drive: string, medium: string, options: OnHost) => {
    const { placeOf } = await import('./machine/spec-of.js');
    await (await (await load()).hostCall(options)).insert(machine, drive, placeOf(medium));
  });
}

function registerCommand(): Command {
  return withHost(
    new Command('register')
      .description('take over a machine whose folder lies elsewhere on the host')
      .argument('<folder>'),
  ).action(async (folder: string, options: OnHost) => {
    await (await (await load()).hostCall(options)).register(folder);
  });
}

function serialCommand(): Command {
  return withHost(
    new Command('serial')
      .description(
        'a serial port of a machine in this terminal, until Ctrl-]; without a terminal, what the guest sends',
      )
      .argument('<machine>'),
  )
    .option('--port <number>', 'which, from 0 to 3', '0')
    .action(async (machine: string, options: OnHost & { port: string }) => {
      const { attachSerial } = await import('./machine/serial.js');
      await attachSerial(machine, options);
    });
}

function vncCommand(): Command {
  return withHost(
    new Command('vnc')
      .description('let VNC viewers of this computer use a machine, until Ctrl+C')
      .argument('<machine>'),
  )
    .option('--port <number>', 'port on 127.0.0.1; default: any that is free')
    .option('--socket <path>', 'a unix socket instead, in a folder that is yours alone; it has no password')
    .option('--view-only', 'who comes looks only')
    .action(async (machine: string, options: OnHost & Options) => {
      const { serveVnc } = await import('./machine/vnc.js');
      await serveVnc(machine, options);
    });
}

export function withHost(command: Command): Command {
  return command.option('--host <url>', 'address of another host; its token is in GUESTWRIGHT_TOKEN');
}
