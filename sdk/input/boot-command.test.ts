import { expect, test } from 'vitest';
import { readBootCommand, type BootCommandReading } from './boot-command.js';
import { layoutNamed } from './layout.js';

const VARIABLES = { HTTPIP: '10.0.2.100', HTTPPort: '80', odd: 'a<enter>b' };

function read(command: string): BootCommandReading {
  return readBootCommand(command, { layout: layoutNamed('us'), variables: VARIABLES });
}

/** Steps in short: `text:abc`, `press:Enter`, `wait:1000`. */
function shortOf(command: string): string[] {
  const reading = read(command);
  if (reading.kind === 'mistake') throw new Error(JSON.stringify(reading));
  return reading.steps.map(({ action }) => {
    switch (action.kind) {
      case 'text':
        return `text:${action.text}`;
      case 'press':
      case 'hold':
      case 'release':
        return `${action.kind}:${action.codes.join('+')}`;
      case 'wait':
        return `wait:${action.ms}`;
      case 'wait-text':
        return `wait-text:${action.pattern.source}:${action.timeout}`;
      case 'wait-stable':
        return `wait-stable:${action.timeout}`;
    }
  });
}

test.each<[command: string, steps: string[]]>([
  ['', []],
  ['plain text', ['text:plain text']],
  ['<esc><wait>linux<enter>', ['press:Escape', 'wait:1000', 'text:linux', 'press:Enter']],
  ['<ENTER><PageUp><pageup><F12>', ['press:Enter', 'press:PageUp', 'press:PageUp', 'press:F12']],
  ['<bs><del><return><tab><spacebar>', ['Backspace', 'Delete', 'Enter', 'Tab', 'Space'].map((key) => `press:${key}`)],
  ['<menu><rightSuper><leftAlt>', ['press:ContextMenu', 'press:MetaRight', 'press:AltLeft']],
  ['<wait5><wait0><wait10>', ['wait:5000', 'wait:0', 'wait:10000']],
  ['<wait1m30s><wait500ms><wait1.5s><wait1h>', ['wait:90000', 'wait:500', 'wait:1500', 'wait:3600000']],
  ['<leftCtrlOn>c<leftCtrlOff>', ['hold:ControlLeft', 'text:c', 'release:ControlLeft']],
  ['<aOn><aOff><AOn><AOff>', ['hold:KeyA', 'release:KeyA', 'hold:ShiftLeft+KeyA', 'release:KeyA+ShiftLeft']],
  ['<<on><<off>', ['hold:ShiftLeft+Comma', 'release:Comma+ShiftLeft']],
  ['<oOn><oOff><f1On><upOff>', ['hold:KeyO', 'release:KeyO', 'hold:F1', 'release:ArrowUp']],
  ['<waitText "login: ?" 60s>', ['wait-text:login: ?:60000']],
  ['<WAITTEXT "a \\"b\\" \\d>">', ['wait-text:a "b" \\d>:null']],
  ['<waitText "x" 90>', ['wait-text:x:90000']],
  ['<waitStable><waitStable 5s>', ['wait-stable:null', 'wait-stable:5000']],
  ['url={{ .HTTPIP }}:{{.HTTPPort}}/x', ['text:url=10.0.2.100:80/x']],
  ['{{ .odd }}', ['text:a<enter>b']],
  ['{{ "{{" }}x}}', ['text:{{x}}']],
  ['<lt>enter>', ['text:<enter>']],
  ['a < b > c << d <e-f> {x} <', ['text:a < b > c << d <e-f> {x} <']],
  ['cat <file\n', ['text:cat <file\n']],
  ['\u{1f600}<up>', ['text:\u{1f600}', 'press:ArrowUp']],
])('%j is read', (command, steps) => {
  expect(shortOf(command)).toEqual(steps);
});

test.each<[command: string, column: number, source: string, expected: RegExp, nearest: string[]]>([
  ['ab<entr>', 3, '<entr>', /name of a key or a wait.*<lt>/, ['enter']],
  ['<escape>', 1, '<escape>', /name of a key/, ['esc']],
  ['<ctrlOn>', 1, '<ctrlOn>', /name of a key/, ['leftCtrlOn']],
  ['<leftCtrOff>', 1, '<leftCtrOff>', /name of a key/, ['leftCtrlOff']],
  ['<f13>', 1, '<f13>', /name of a key/, ['f1', 'f3', 'f10']],
  ['x<enter', 2, '<enter', /a ">" after <enter/, []],
  ['<wait 5>', 1, '<wait 5>', /<wait5>/, []],
  ['<wait5x>', 1, '<wait5x>', /<wait1m30s>/, []],
  ['<waitText login>', 1, '<waitText login>', /<waitText "regular expression" 60s>/, []],
  ['<waitText "(">', 1, '<waitText "(">', /regular expression in quotes/, []],
  ['<waitText "x" soon>', 1, '<waitText "x" soon>', /a time-out such as 60s/, []],
  ['<waitStable soon>', 1, '<waitStable soon>', /a time-out/, []],
  ['a{{ .HTTPIp }}', 2, '{{ .HTTPIp }}', /has a value \(there is HTTPIP, HTTPPort, odd\)/, ['HTTPIP']],
  ['{{ user `x` }}', 1, '{{ user `x` }}', /a variable/, []],
  ['<\u00e9On>', 1, '<\u00e9On>', /layout "us"/, []],
])('%j is refused with its place and what would be right', (command, column, source, expected, nearest) => {
  const reading = read(command);
  expect(reading).toMatchObject({ kind: 'mistake', column, source });
  if (reading.kind !== 'mistake') return;
  expect(reading.expected).toMatch(expected);
  expect(reading.nearest.slice(0, nearest.length)).toEqual(nearest);
  if (nearest.length === 0) expect(reading.nearest).toEqual([]);
});

test('every part says where it begins and how it is written', () => {
  const reading = read('ab<Enter>{{ .HTTPIP }}');
  expect(reading).toMatchObject({
    kind: 'steps',
    steps: [
      { column: 1, source: 'ab' },
      { column: 3, source: '<Enter>' },
      { column: 10, source: '{{ .HTTPIP }}' },
    ],
  });
});
