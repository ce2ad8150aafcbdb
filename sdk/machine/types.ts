/**
 * The public face of a machine. Classes beside this file fulfil it; the harness and the command line see only this.
 * All times are guest milliseconds unless a name says `wall`.
 */
import type {
  Capabilities,
  ClockKind,
  EngineEvent,
  EngineMachine,
  GuestTime,
  Hardware,
  Input,
  Memoised,
  StateHash,
  StopReason,
} from '../engines/engine.js';
import type { Failure } from '../errors.js';
import type { KeyCode } from '../input/keycodes.js';
import type { Again } from './do-again.js';
import type { RecordedEvent } from './recording.js';
import type { Frame } from '../screen/frame.js';
import type { Region } from '../screen/content.js';
import type { TextPage } from '../screen/page.js';
import type { Picture } from '../screen/picture.js';
import type { TextMatch } from '../screen/text.js';
import type { Media, MachineSpec } from './spec.js';

export type { TextMatch } from '../screen/text.js';
export type { ColourRun, Rung, TextPage, TextRow } from '../screen/page.js';

/** `off`: not started yet, powered off by itself or by us. `halted`: the guest stopped its CPU for good. */
export type MachineState = 'off' | 'running' | 'paused' | 'halted' | 'crashed' | 'disposed';

/** One call of the public API, as a report shows it. */
export interface Action {
  /** For example `keyboard.type` or `screen.getByText.waitFor`. */
  name: string;
  /** A sentence part for a step's title: `Press Enter`, `Wait for text "grub>"`. */
  title: string;
  /** Plain data: what the call was given (secrets already replaced). */
  params: Record<string, unknown>;
}

/**
 * Called around every public action, synchronously with the call itself (so that the caller's stack is still there).
 * Must call `run` exactly once and return its result. The harness makes report steps of it.
 */
export type ActionHook = <T>(action: Action, run: () => Promise<T>, machine: Machine) => Promise<T>;

export interface LaunchOptions {
  /** Shown in reports and messages; default: the guest's name or `machine`. */
  name?: string;
  /** Where the run's files go; default: a fresh folder under the system's temporary folder, removed on dispose. */
  runDirectory?: string;
  onAction?: ActionHook;
  /** Default time-outs, ms. */
  timeouts?: Partial<Timeouts>;
  signal?: AbortSignal;
  /** Is told of every machine that is forked of this one, and of forks of those: whoever launched it ends them too. */
  onFork?: (fork: Machine) => void;
  /** Finds the pictures of a name for `screen.getByGolden`; several are alternatives. Default: the PNG file of that path. */
  goldens?: (name: string) => Promise<GoldenPicture[]>;
  /** Is told everything that reaches the engine, so that it can be done again. */
  record?: (event: RecordedEvent) => void;
  /**
   * With `record: true` in the spec: the folder that the recording is to be. It is there, whole, when the machine has been
   * disposed; nothing may be there before.
   */
  recording?: string;
  /**
   * Answers from the store what a machine that was driven alike has answered before, and starts the engine only for what is
   * new. For machines that are bit-exact, begin at power-on, run on a stepped clock and keep no disk in a file; others are
   * launched as ever. Default: false.
   */
  memoise?: boolean | MemoiseOptions;
  /**
   * Does again what a machine of the same spec did that ended without having been asked to. Bit-exact engines only: the
   * machine is then where that one was. @throws GuestwrightError `usage/again-unsupported`
   */
  again?: Again;
  /** Is told what hardware the spec came to, once it runs. */
  onStart?: (started: Started) => void;
  /** Is given the engine's machine, for whoever drives it from elsewhere. Only one may at a time. */
  onEngine?: (running: EngineMachine) => void;
  /** Is told of every new look at the machine's screen, whatever it was taken for. */
  onFrame?: (frame: Frame, machine: Machine) => void;
  /** Stores a snapshot in passing; bit-exact engines only. See `EngineContext.storeAt`. */
  storeAt?: { at: GuestTime; file: string };
}

export interface Started {
  engine: string;
  hardware: Hardware;
  /** See `EngineMachine.identity`. */
  identity: string;
}

/** How a machine is memoised, where the defaults will not do. */
export interface MemoiseOptions {
  /** Folder of the store that answers. Default: the one of `GUESTWRIGHT_STORE`, else `store` in the cache folder. */
  store?: string;
  /** Wall ms of running after which a snapshot is stored; 0: one every guest second. Default: 4,000. */
  storeAfterMs?: number;
}

/** Named defaults: boot 180 s and expect 30 s of guest time; guard: wall ms behind one wait (an infrastructure failure). */
export interface Timeouts {
  boot: number;
  expect: number;
  guard: number;
}

export interface WaitOptions {
  /** Guest ms where the engine owns the clock, wall ms elsewhere. */
  timeout?: number;
}

export interface Machine extends AsyncDisposable {
  /** Unique: names its run directory and travels in the environment of its processes. */
  readonly id: string;
  readonly name: string;
  /** `v86`, `qemu`. */
  readonly engine: string;
  readonly capabilities: Capabilities;
  /** What runs the guest and why that, in one line; QEMU: its version and accelerator. Null where there is no choice. */
  readonly engineDetail: string | null;
  /** How much came from the store so far; null: the machine is not memoised. */
  readonly memoised: Memoised | null;
  readonly spec: MachineSpec;
  readonly state: MachineState;
  readonly runDirectory: string;
  readonly timeouts: Timeouts;
  readonly screen: Screen;
  readonly keyboard: Keyboard;
  readonly pointer: Pointer;
  /** For people who use the machine themselves. */
  readonly hands: Hands;
  /** The first serial port; `serialPort(n)` for the others. */
  readonly serial: Serial;
  serialPort(index: number): Serial;
  /** What the guest prints. QEMU, with `parallel` in the spec. @throws GuestwrightError `usage/parallel-port-missing` */
  parallelPort(index: number): OutputPort;
  /** QEMU, with `virtioConsoles` in the spec. @throws GuestwrightError `usage/virtio-console-missing` */
  virtioConsole(index: number): Serial;
  readonly shell: Shell;
  readonly files: Files;
  /** Serves files to the guest. @throws GuestwrightError `usage/http-missing` without `network: { http: true }` in the spec */
  readonly http: Http;
  readonly clock: Clock;
  /** The inputs so far, with their guest times. */
  readonly journal: readonly JournalEntry[];

  /** Starts a machine that is off; media given here replace those of the spec (`null` empties a drive). */
  start(media?: Media): Promise<void>;
  /** Stops the guest's time until `resume()`; every wait fails with a typed error meanwhile. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The reset button. */
  reset(): Promise<void>;
  /** Pulls the plug. The disks keep what was written. */
  powerOff(): Promise<void>;
  /** Asks the guest to shut down, as the button of a PC does. What the guest makes of it is its own affair. */
  pressPowerButton(): Promise<void>;
  /**
   * Presses the power button and waits until the guest has powered itself off. Default: 120,000 guest ms.
   * @throws GuestwrightError `guest/shutdown-unanswered`: it runs on; `usage/power-button-unsupported`
   */
  shutdown(options?: WaitOptions): Promise<void>;
  /** Waits until the guest has powered itself off. */
  waitForPowerOff(options?: WaitOptions): Promise<void>;
  /** Puts a medium into a drive of the running machine, or takes it out. */
  insert(drive: 'floppy0' | 'floppy1' | 'cdrom0', medium: string | null): Promise<void>;

  snapshot(name?: string): Promise<Snapshot>;
  /** Goes back to a snapshot of this machine. Its time and its inputs are those of the snapshot again. */
  revert(snapshot: Snapshot): Promise<void>;
  /** Every snapshot that was taken of it, in order; `parent` makes a tree of them. */
  readonly snapshots: readonly Snapshot[];
  /**
   * Writes the whole machine to a file, or with `store:NAME` into the store of snapshots, which keeps what several states share
   * once; `launch({ ..., state })` goes on from either, in any process.
   */
  saveState(state: string): Promise<void>;
  stateHash(): Promise<StateHash>;

  /**
   * Demands something of the screen during every wait from now on: `machine.always((screen) =>
   * screen.not.toShowText('Kernel panic'))`. Looked at whenever the screen has changed; exact reading only, so it costs
   * next to nothing. Broken, it ends the wait with `assertion/invariant-broken`. Returns the function that lifts it.
   */
  always(check: (screen: ScreenInvariant) => Promise<void>): () => void;

  onEvent(listener: (event: EngineEvent) => void): () => void;
  /** Everything that went wrong with the machine itself so far (crash, unexpected power-off, engine failure). */
  readonly failure: Failure | null;
  dispose(): Promise<void>;
}

export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly time: GuestTime;
  /** Size of the raw state, bytes. */
  readonly bytes: number;
  /** What the machine was last at when it was taken: the snapshot before, or the one that it had gone back to. */
  readonly parent: Snapshot | null;
  /**
   * Another machine that goes on from here, by itself: nothing that one does reaches the other. The snapshot can be forked any
   * number of times, at once too. A fork belongs to whoever asked for it (in a scenario, to its test).
   * @throws GuestwrightError `usage/fork-unsupported` for a machine that serves files to its guest or is being recorded;
   * `usage/fork-disk-file` for one whose disk is kept in a file; `usage/machine-disposed`
   */
  fork(options?: ForkOptions): Promise<Machine>;
}

export interface ForkOptions {
  /** Shown in reports and messages; default: the machine's name and a number. */
  name?: string;
}

export interface JournalEntry {
  at: GuestTime;
  input: Input;
  /** The input carries a secret: show a reference in its place. */
  secret?: boolean;
}

export interface Clock {
  readonly kind: ClockKind;
  readonly now: GuestTime;
  /** Lets the guest run for so many guest ms. */
  advance(ms: number): Promise<void>;
  /**
   * Lets the guest run until something of `on` has changed since it was last looked at, for `ms` guest ms at most.
   * @returns what it was; a guest that has stopped says `power` at once
   */
  untilChange(on: readonly StopReason[], ms: number): Promise<StopReason | 'limit'>;
  /**
   * The one way of waiting: evaluates `check` now, then at every sample point where something of `on` changed, until it
   * gives a value other than `undefined`.
   * @throws GuestwrightError `assertion/timeout` worded by the caller through `onTimeout`, `guest/...` when the machine
   * powered off, halted or crashed meanwhile (unless `survivesPowerOff`)
   */
  waitUntil<T>(request: WaitRequest<T>): Promise<T>;
}

export interface WaitRequest<T> {
  /** What is waited for, for messages: `the text "grub>"`. */
  what: string;
  on: readonly ('screen' | 'serial' | 'keyboard' | 'power')[];
  check: () => Promise<T | undefined> | T | undefined;
  /**
   * On a machine that runs by itself: resolves when it is worth checking again though nothing has changed; null when there
   * is nothing to wait for besides the guest.
   */
  woken?: () => Promise<void> | null;
  timeout?: number;
  /** Called once at the time-out: makes the error to throw (for a nearest miss and the like). */
  onTimeout?: (waitedMs: number) => Promise<Error> | Error;
  /** Running out of time is an answer here and no failure. */
  mayTimeOut?: boolean;
  /** The machine may be off, halted or crashed: waiting for just that. */
  survivesPowerOff?: boolean;
}

export interface Screen {
  /** The current frame. Frames are values: they never change afterwards. */
  frame(): Promise<Frame>;
  /**
   * The screen's text, one line per row, right-trimmed, joined with newlines; empty when nothing can be read. On a graphic
   * screen it is what {@link read} gives.
   */
  text(): Promise<string>;
  /** Everything that can be read, with places, colours and how it was read. Recognises (OCR) what no font matches. */
  read(): Promise<TextPage>;
  getByText(text: string | RegExp, options?: GetByTextOptions): TextLocator;
  /**
   * A place that looks like a picture. In a scenario `name` is a golden's (`golden-screens/<guest>/<scenario>/<name>.png`),
   * elsewhere a PNG file's path.
   */
  getByGolden(name: string, options?: GetByGoldenOptions): GoldenLocator;
  /** A part of the screen, in pixels of the frame; without a rectangle the whole. */
  region(rectangle?: Region): ScreenRegion;
  /** Waits for `check(frame)` to be true at a sample point. */
  waitFor(what: string, check: (frame: Frame) => boolean, options?: WaitOptions): Promise<Frame>;
  /** Waits until the screen has stayed as it is. @throws `assertion/screen-restless` */
  waitForStable(options?: WaitForStableOptions): Promise<Frame>;
  /**
   * Waits until one of several things is there, and says which: `{ login: 'login:', panic: /panic/, ok: getByGolden('ok') }`.
   * Where several are, the first named is meant. @throws `assertion/none-shown`
   */
  waitForOneOf<Name extends string>(choices: Record<Name, Choice>, options?: WaitOptions): Promise<Name>;
}

/** A text, an expression, or a locator. */
export type Choice = string | RegExp | TextLocator | GoldenLocator;

export interface GetByTextOptions {
  /** The text must be all that stands on its row, or between two borders on it. Default: a part of a row is enough. */
  exact?: boolean;
  /** Only what lies in this part of the screen as a whole. */
  within?: Region | ScreenRegion;
  /** Which of several, in reading order from 0. Default: the first that is found. */
  nth?: number;
  /** Only what is highlighted (true) or only what is not (false): by its colours against those around it. */
  selected?: boolean;
  /** Characters of recognised text (OCR) that may differ. Default 0; text that is read exactly is compared exactly. */
  distance?: number;
}

export interface GetByGoldenOptions {
  /** Only what lies in this part of the screen as a whole. */
  within?: Region | ScreenRegion;
  /** Which of several, in reading order from 0. */
  nth?: number;
  /** Mean difference per colour channel that is allowed, 0 to 255. Default 0: every pixel is equal. */
  tolerance?: number;
}

export interface WaitForStableOptions extends WaitOptions {
  /** Guest ms for which nothing may change. Default 500. */
  for?: number;
  /**
   * Changes that do not count: parts, places, blinking carets, clocks (`12:34`, `1:02:03`, in text that can be read exactly).
   * Default `['caret', 'clock']`.
   */
  ignoring?: readonly (Region | TextLocator | 'caret' | 'clock')[];
}

/** A part of the screen. Lazy, as locators are: where it follows a locator it is looked up anew each time. */
export interface ScreenRegion {
  /** The part of it that is no further than `margin` pixels (default 32) from where a locator is. */
  near(locator: TextLocator | GoldenLocator, options?: { margin?: number }): ScreenRegion;
  getByText(text: string | RegExp, options?: Omit<GetByTextOptions, 'within'>): TextLocator;
  getByGolden(name: string, options?: Omit<GetByGoldenOptions, 'within'>): GoldenLocator;
  /** What can be read in it, by rows. */
  text(): Promise<string>;
  /** The screen that it is a part of. */
  readonly screen: Screen;
  /** Where it is in a frame; null when what it follows is not there. */
  place(frame: Frame): Promise<Region | null>;
  /** For messages: `x 0, y 16, 720x32`. */
  toString(): string;
}

/** Looks again and again, for a wait: `check` goes into `clock.waitUntil`, and so does `woken`. */
export interface LocatorWatch<M> {
  /** The place that is meant, if it is there; undefined when it is not, or when that is not known yet. */
  check(): Promise<M | undefined>;
  /** Resolves when something that `check` has begun is done and it is worth asking again; null when there is no such thing. */
  woken(): Promise<void> | null;
}

/** A place on the screen. Lazy: every call looks anew. */
export interface Locator<M extends { region: Region }> {
  /** Waits until it is on the screen and says where; with `hidden`, until it is not, and gives where it last was. */
  waitFor(options?: WaitOptions & { state?: 'visible' | 'hidden' }): Promise<M>;
  /** Where it is now. @throws `assertion/text-not-found`, `assertion/golden-not-found` */
  region(): Promise<Region>;
  /** All its places now, in reading order. */
  all(): Promise<M[]>;
  /** Whether it is there now. */
  isVisible(): Promise<boolean>;
  /**
   * Its places in a frame, in reading order. Not a step of a report.
   * @param extent `enough` (default): what the surest reader has found is enough; `all`: ask every one
   */
  look(frame: Frame, extent?: 'enough' | 'all'): Promise<M[]>;
  /** For a wait of one's own. Not a step of a report. */
  watch(): LocatorWatch<M>;
  /** Why it is not in a frame, in words: what is there instead. */
  explain(frame: Frame): Promise<{ seen: string; next?: string }>;
  /** Waits for it and clicks its centre, or a click point that its golden names. */
  click(options?: WaitOptions & { point?: string }): Promise<void>;
  /** `"grub>"`, `/grub> $/`, `golden "ok-button"`: for messages. */
  toString(): string;
}

/** A place named by its text. */
export interface TextLocator extends Locator<TextMatch> {
  first(): TextLocator;
  nth(index: number): TextLocator;
}

/** A place named by how it looks. */
export interface GoldenLocator extends Locator<GoldenMatch> {
  first(): GoldenLocator;
  nth(index: number): GoldenLocator;
}

export interface GoldenMatch {
  /** The picture that was found, where a golden has several. */
  name: string;
  region: Region;
  /** Mean difference per colour channel, 0 to 255; 0 where every pixel is equal. */
  score: number;
}

/** A picture that can be looked for. */
export interface GoldenPicture {
  name: string;
  picture: Picture;
  /** Places to click, by name, in pixels of the picture. */
  points: Readonly<Record<string, { x: number; y: number }>>;
}

/** What an invariant can demand of the screen. */
export interface ScreenInvariant {
  toShowText(text: string | RegExp, options?: Omit<GetByTextOptions, 'nth' | 'distance'>): Promise<void>;
  readonly not: { toShowText: ScreenInvariant['toShowText'] };
}

export interface Keyboard {
  /** Presses and releases a chord: `Enter`, `Control+Alt+Delete`, `Shift+a`, `F12`. */
  press(chord: string, options?: { delay?: number }): Promise<void>;
  down(key: string): Promise<void>;
  up(key: string): Promise<void>;
  /** Types text in the machine's layout, no faster than the guest takes it. `\n` is Enter, `\t` Tab. */
  type(text: string, options?: TypeOptions): Promise<void>;
  /**
   * Runs a boot command in Packer's language: `<esc><wait>linux quiet<enter><waitText "login:" 60s>`. Several pieces are
   * one command.
   */
  run(command: string | readonly string[], options?: BootCommandOptions): Promise<void>;
}

export interface BootCommandOptions {
  /** Guest ms between two keys, in addition to the default. */
  delay?: number;
  /** The command is in no report, error or journal. */
  secret?: boolean;
  /** Values of `{{ .Name }}`. They are typed as they are. */
  variables?: Readonly<Record<string, string>>;
}

export interface TypeOptions {
  /** Guest ms between two keys, in addition to the default. */
  delay?: number;
  /** The text is in no report, error or journal. */
  secret?: boolean;
  /**
   * Watches the echo on the screen: types again what was lost, takes back what is wrong, and presses Enter only when what
   * is before it is right. Needs a text mode with a cursor.
   */
  confirm?: boolean;
}

export interface Pointer {
  /** Moves to a pixel of the frame. */
  move(x: number, y: number): Promise<void>;
  click(x: number, y: number, options?: { button?: MouseButton; count?: number }): Promise<void>;
  drag(from: { x: number; y: number }, to: { x: number; y: number }): Promise<void>;
  /** Positive scrolls down. */
  wheel(dy: number): Promise<void>;
  down(button?: MouseButton): Promise<void>;
  up(button?: MouseButton): Promise<void>;
}

export type MouseButton = 'left' | 'middle' | 'right';

/** A pixel of a screen, and how large that is. */
export interface PlaceOnScreen {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Which are down. */
export type PointerButtons = Readonly<Record<MouseButton, boolean>>;

/**
 * What somebody at the machine does, key by key. Each call resolves when the guest has taken it, or has not for a guest
 * second: it is lost then.
 */
export interface Hands {
  key(code: KeyCode, down: boolean): Promise<void>;
  point(place: PlaceOnScreen, buttons: PointerButtons): Promise<void>;
  /** Positive scrolls down. */
  wheel(dy: number): Promise<void>;
}

/** What a guest sends. */
export interface OutputPort {
  readonly index: number;
  /** Everything the guest has sent so far, as text (UTF-8; escape sequences kept). */
  text(): Promise<string>;
  /** The same by lines, escape sequences and carriage returns removed; the last may be unfinished. */
  lines(): Promise<string[]>;
  /** The bytes from a place on, as they came, and how many the guest has sent in all. Not a step in a report. */
  bytes(from: number): Promise<{ data: Uint8Array; end: number }>;
  /** Waits for a match in the output after the previous match, and moves past it. */
  waitFor(pattern: string | RegExp, options?: WaitOptions): Promise<SerialMatch>;
}

/** A port that the guest reads as well: a serial port, or a virtio console. */
export interface Serial extends OutputPort {
  /** With `secret` the data is in no report, error or journal. */
  write(data: string | Uint8Array, options?: { secret?: boolean }): Promise<void>;
}

export interface SerialMatch {
  text: string;
  groups: Record<string, string>;
  /** Output between the previous match and this one. */
  before: string;
}

export interface ShellResult {
  stdout: string;
  exitCode: number;
}

export interface Shell {
  /** Runs a command in the guest's shell. A non-zero exit code is a result, not an error. */
  run(command: string, options?: WaitOptions): Promise<ShellResult>;
}

/** Files into the guest and out of it, over the channel of its shell. At most 64 MB each. */
export interface Files {
  /**
   * Writes a file in the guest: bytes, text as UTF-8, or a file of the host. It is written beside (`<path>.gw-part`),
   * compared by its digest and then renamed: there is the old file or the new one, never half of it.
   */
  put(path: string, data: Uint8Array | string | { file: string }, options?: PutFileOptions): Promise<void>;
  /** Reads a file of the guest. */
  get(path: string, options?: GetFileOptions & { file?: undefined }): Promise<Uint8Array>;
  /** Reads a file of the guest into one of the host, which appears whole or not at all. */
  get(path: string, options: GetFileOptions & { file: string }): Promise<void>;
}

export interface GetFileOptions {
  /** Is told how far it is, in words: `getting /var/log/messages: 40 %`. */
  onProgress?: (message: string) => void;
}

export interface PutFileOptions {
  /** Permission bits, such as 0o755. Default: those of the file that is there, or what the guest gives new files. */
  mode?: number;
  /** Is told how far it is, in words: `putting /root/tool: 40 %`. */
  onProgress?: (message: string) => void;
}

/** What is served under a name: text as UTF-8, bytes, or a file of the host, read when it is asked for. */
export type AnswerContent = string | Uint8Array | { file: string };

/** A request of the guest, with what it was answered. */
export interface AnsweredRequest {
  method: string;
  /** As it was asked for: `/preseed.cfg`. */
  target: string;
  status: number;
  /** Bytes of content in the answer. */
  bytes: number;
}

/** A web server that only the guest reaches: for preseed, kickstart, autoinstall and cloud-init. */
export interface Http {
  /** Where the guest finds it. */
  readonly address: string;
  readonly port: number;
  /** Every request so far, in order; of a guest that asks without end the last 10,000. */
  readonly requests: readonly AnsweredRequest[];
  /** `http://10.0.2.100/preseed.cfg`. */
  url(name: string): string;
  /** Serves something from now on; a name that is served already gets the new content. */
  serve(name: string, content: AnswerContent): void;
  /** Serves the files of a folder, for names that `serve` does not know. */
  serveFolder(folder: string): void;
  /** Is told every request as it is answered. Returns the function that ends that. */
  onRequest(listener: (request: AnsweredRequest) => void): () => void;
}
