/**
 * The report of a comparison: one page that loads nothing but the pictures beside it and runs no script. All that guests print is
 * shown as text.
 */
import { createHash } from 'node:crypto';
import { diffLines } from '../../sdk/screen/text-diff.js';
import { wordTime } from '../fixtures/guest-time.js';
import { masked, type ComparedMachine, type ComparedStep, type CompareRules } from './compare.js';
import type { CourseStep } from './course.js';
import type { Finding } from './findings.js';
import { diffOutput, outputLines } from './output.js';
import { wordDifference } from './word.js';

export interface ReportParts {
  images: { a: string; b: string };
  machines: readonly ComparedMachine[];
  findings: readonly Finding[];
  rules: CompareRules;
  /** Picture of what differs between two pictures, relative to the page; null: there is none. */
  differencePicture: (a: string, b: string) => string | null;
  /** Lines above all else: what was accepted and is not there any more. */
  notes: readonly string[];
}

/** Characters of an error that are shown. */
const LONGEST_ERROR = 1_000;

export function compareReport(parts: ReportParts): string {
  const { images, machines, findings, notes } = parts;
  const open = findings.filter(({ isAccepted }) => !isAccepted).length;
  const summary =
    findings.length === 0
      ? 'No differences.'
      : `${open} difference${open === 1 ? '' : 's'}${findings.length > open ? `, ${findings.length - open} accepted` : ''}.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escape(`${images.a} and ${images.b}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escape(images.a)} <span class="and">and</span> ${escape(images.b)}</h1>
<p class="${open === 0 ? 'good' : 'bad'}" id="summary">${escape(summary)}</p>
${notes.map((note) => `<p>${escape(note)}</p>`).join('\n')}
${findings.length === 0 ? '' : `<ol class="findings">${findings.map(listed).join('\n')}</ol>`}
${open === 0 ? '' : `<p>Accept what ${escape(images.b)} is to show: <code>npx guestwright compare --accept all</code>, or <code>--accept 1,3</code>.</p>`}
${machines.map((machine) => machineSection(machine, parts)).join('\n')}
</body>
</html>
`;
}

function listed({ number, machine, index, step, found, isAccepted }: Finding): string {
  const words = `${machine.test} › ${step.title}: ${wordDifference(found.difference)}`;
  const name = stepId(machine, index);
  return `<li value="${number}"${isAccepted ? ' class="accepted"' : ''}><a href="#${name}">${escape(words)}</a>${isAccepted ? ' (accepted)' : ''}</li>`;
}

function stepId({ name }: ComparedMachine, index: number): string {
  // Names of tests in one file begin alike.
  return `step-${createHash('sha256').update(name).digest('hex').slice(0, 16)}-${index}`;
}

function machineSection(machine: ComparedMachine, parts: ReportParts): string {
  const steps = machine.steps.map((step, index) => stepSection(machine, step, index, parts)).join('\n');
  return `<section><h2>${escape(machine.name)}</h2>\n${steps === '' ? '<p>It did nothing.</p>' : steps}\n</section>`;
}

function stepSection(machine: ComparedMachine, step: ComparedStep, index: number, parts: ReportParts): string {
  const own = parts.findings.filter((finding) => finding.machine === machine && finding.index === index);
  const isOpen = own.some(({ isAccepted }) => !isAccepted) || machine.diverged === index;
  const words = own.map(({ number, found }) => `${number}: ${wordDifference(found.difference)}`).join('; ');
  const parted = machine.diverged === index ? 'from here on they do different things' : '';
  const mark = own.length === 0 && parted === '' ? 'same' : isOpen ? 'differs' : 'accepted';
  return `<details id="${stepId(machine, index)}" class="${mark}"${isOpen ? ' open' : ''}>
<summary><span class="title">${escape(step.title)}</span> <span class="what">${escape([words, parted].filter(Boolean).join('; ') || (step.carried ? 'nothing new' : 'the same'))}</span></summary>
<div class="sides">${side(parts.images.a, step.a, 'a')}${side(parts.images.b, step.b, 'b')}${differences(step, parts)}</div>
</details>`;
}

function side(image: string, step: CourseStep | null, folder: 'a' | 'b'): string {
  if (step === null) return `<figure><figcaption>${escape(image)}</figcaption><p>No such step.</p></figure>`;
  const took = `guest time ${wordTime(step.from)} to ${wordTime(step.at)}`;
  const code = step.exitCode === null ? '' : `, exit code ${step.exitCode}`;
  const picture =
    step.picture === null
      ? '<p>The screen could not be looked at.</p>'
      : `<img loading="lazy" src="screens/${escape(step.picture)}" alt="${escape(step.text?.join('\n').trim() ?? 'the screen')}">`;
  const failed = step.error === null ? '' : `<p class="bad error">${escape(shortened(step.error))}</p>`;
  return `<figure class="${folder}"><figcaption>${escape(image)}: ${took}${code}</figcaption>${picture}${failed}</figure>`;
}

function differences({ a, b, differences: found }: ComparedStep, { rules, differencePicture }: ReportParts): string {
  if (a === null || b === null || found.length === 0) return '';
  const blocks: string[] = [];
  const kinds = new Set(found.map(({ difference }) => difference.kind));
  if ((kinds.has('text') || kinds.has('picture')) && a.picture !== null && b.picture !== null) {
    const picture = differencePicture(a.picture, b.picture);
    if (picture !== null) blocks.push(`<img loading="lazy" src="${escape(picture)}" alt="what differs, in red">`);
  }
  if (kinds.has('text') && a.text !== null && b.text !== null) {
    blocks.push(`<pre>${escape(diffLines(masked(a.text, rules), masked(b.text, rules)))}</pre>`);
  }
  if (kinds.has('serial')) {
    const [left, right] = [a, b].map(({ serial }) => masked(outputLines(serial), rules));
    blocks.push(`<p>Serial output:</p><pre>${escape(diffOutput(left ?? [], right ?? []))}</pre>`);
  }
  return blocks.length === 0 ? '' : `<figure><figcaption>what differs</figcaption>${blocks.join('\n')}</figure>`;
}

function shortened(error: string): string {
  return error.length > LONGEST_ERROR ? `${error.slice(0, LONGEST_ERROR)}… (${error.length} characters)` : error;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and for attributes. Control characters have no meaning in a page. */
function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '').replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD');
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d0d0d0, #444); --bad: light-dark(#b3261e, #ff8a80); --good: light-dark(#1b6e2d, #81c995); }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; } .and { font-weight: normal; }
.bad { color: var(--bad); } .error { white-space: pre-wrap; overflow-wrap: anywhere; } .good { color: var(--good); } #summary { font-weight: 600; }
.accepted > a, details.accepted .what { opacity: 0.7; }
details { border-top: 1px solid var(--line); padding: 0.3rem 0; }
summary { cursor: pointer; } summary .what { margin-left: 1rem; opacity: 0.8; }
details.differs summary .what { color: var(--bad); opacity: 1; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; padding: 0.6rem 0; }
figure { margin: 0; min-width: 0; } figcaption { font-size: 0.85rem; opacity: 0.8; margin-bottom: 0.3rem; overflow-wrap: anywhere; }
img { max-width: 100%; border: 1px solid var(--line); image-rendering: pixelated; }
pre { overflow: auto; max-height: 30rem; border: 1px solid var(--line); padding: 0.5rem; font-size: 12px; margin: 0.3rem 0; }
code { background: light-dark(#eee, #2a2a2a); padding: 0.1rem 0.3rem; border-radius: 3px; }
@media (prefers-color-scheme: dark) { body { background: #1b1b1b; } }
`;
