/** The screen of a machine, to look at and, with control of it, to use. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type RFB from '@novnc/novnc';
import { wordsOf, type MachineState } from './api.js';
import { ControlBar } from './control-bar.js';
import { Dialog } from './dialog.js';
import type { HostSession } from './host-session.js';
import { hasScreen } from './power.js';
import { CHORDS, sendChord, wordChord } from './special-keys.js';
import { Thumbnail } from './thumbnail.js';

interface ScreenTabProps {
  session: HostSession;
  name: string;
  state: MachineState;
}

export function ScreenTab({ session, name, state }: ScreenTabProps) {
  const [isScaled, scale] = useState(true);
  const [isViewOnly, viewOnly] = useState(false);
  const [isPasting, paste] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const [viewer] = useState(() => crypto.randomUUID());
  const { rfb, said } = useScreen(place, { session, name, viewer, isOn: hasScreen(state) });
  useEffect(() => {
    if (rfb === null) return;
    rfb.scaleViewport = isScaled;
    rfb.clipViewport = !isScaled;
    rfb.viewOnly = isViewOnly;
  }, [rfb, isScaled, isViewOnly]);
  if (!hasScreen(state)) {
    return (
      <div class="off-screen">
        <Thumbnail session={session} name={name} state={state} />
        <p class="note">Start the machine to see its screen.</p>
      </div>
    );
  }
  return (
    <div class="console" ref={frame}>
      <div class="tools" role="toolbar" aria-label="Screen">
        <button
          disabled={rfb === null || isViewOnly}
          onClick={() => {
            rfb?.sendCtrlAltDel();
            rfb?.focus();
          }}
        >
          Ctrl+Alt+Del
        </button>
        <select
          aria-label="Send a key"
          disabled={rfb === null || isViewOnly}
          value=""
          onChange={({ currentTarget }) => {
            const chord = CHORDS[Number(currentTarget.value)];
            currentTarget.value = '';
            if (chord === undefined || rfb === null) return;
            sendChord(chord, (keysym, code, down) => rfb.sendKey(keysym, code, down));
            rfb.focus();
          }}
        >
          <option value="">Send a key …</option>
          {CHORDS.map((chord, i) => (
            <option key={i} value={i}>
              {wordChord(chord)}
            </option>
          ))}
        </select>
        <button disabled={isViewOnly} onClick={() => paste(true)}>
          Paste text
        </button>
        <label>
          <input type="checkbox" checked={isScaled} onChange={({ currentTarget }) => scale(currentTarget.checked)} />{' '}
          Fit
        </label>
        <label>
          <input
            type="checkbox"
            checked={isViewOnly}
            onChange={({ currentTarget }) => viewOnly(currentTarget.checked)}
          />{' '}
          View only
        </label>
        <button onClick={() => void frame.current?.requestFullscreen().then(() => rfb?.focus())}>Full screen</button>
        <ControlBar session={session} name={name} viewer={viewer} />
      </div>
      {said === null ? null : (
        <p class="note" role="status">
          {said}
        </p>
      )}
      <div
        ref={place}
        class="screen"
        role="application"
        tabIndex={0}
        onFocus={({ target, currentTarget }) => {
          if (target === currentTarget) rfb?.focus();
        }}
        aria-label="The guest's screen: keys go to it while it has the focus, Control+Alt+G leaves it"
        onKeyDownCapture={(event) => {
          if (!event.ctrlKey || !event.altKey || event.code !== 'KeyG') return;
          event.preventDefault();
          event.stopPropagation();
          rfb?.blur();
          frame.current?.querySelector('button')?.focus();
        }}
      />
      {isPasting ? <Paste session={session} name={name} onClose={() => paste(false)} /> : null}
    </div>
  );
}

/** Wall ms before a screen that was lost is asked for again. */
const RETRY_MS = 1000;

interface Wanted {
  session: HostSession;
  name: string;
  /** Names this page's view, for who has control. */
  viewer: string;
  /** The machine has a screen. */
  isOn: boolean;
}

/** Connected as long as the machine has a screen, and anew whenever that ends: a restart, a revert, another daemon. */
function useScreen(
  place: { current: HTMLDivElement | null },
  { session, name, viewer, isOn }: Wanted,
): { rfb: RFB | null; said: string | null } {
  const [rfb, set] = useState<RFB | null>(null);
  const [said, say] = useState<string | null>('Connecting …');
  useEffect(() => {
    if (!isOn || place.current === null) return;
    const target = place.current;
    const abort = new AbortController();
    const { signal } = abort;
    let timer: ReturnType<typeof setTimeout> | null = null;
    let open: RFB | null = null;
    const again = (why: string): void => {
      if (signal.aborted) return;
      say(why);
      timer = setTimeout(() => void connect(), RETRY_MS);
    };
    const connect = async (): Promise<void> => {
      try {
        // Most looks at the page are at no screen.
        const { default: Client } = await import('@novnc/novnc');
        const address = await session.socketAddress(`/machines/${encodeURIComponent(name)}/console?viewer=${viewer}`);
        if (signal.aborted) return;
        const client = new Client(target, address, { shared: true });
        client.background = 'transparent';
        client.scaleViewport = true;
        client.addEventListener('connect', () => {
          say(null);
          set(client);
        });
        client.addEventListener('disconnect', () => {
          // It cannot be ended twice.
          if (open === client) open = null;
          set(null);
          again('The screen was lost; connecting again …');
        });
        open = client;
      } catch (error) {
        again(`${wordsOf(error)} Connecting again …`);
      }
    };
    void connect();
    return () => {
      abort.abort();
      if (timer !== null) clearTimeout(timer);
      set(null);
      open?.disconnect();
    };
  }, [session, name, viewer, isOn]);
  return { rfb, said };
}

/** The host types it: what the guest's keyboard layout cannot type is said. */
function Paste({ session, name, onClose }: { session: HostSession; name: string; onClose: () => void }) {
  const [text, setText] = useState('');
  return (
    <Dialog
      title="Paste text"
      go="Type it"
      onGo={() => session.call('handle', { params: { name }, body: { kind: 'type', text } })}
      onClose={onClose}
      wide
    >
      <label class="field">
        It is typed on the guest's keyboard
        <textarea
          required
          rows={6}
          maxLength={10_000}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
    </Dialog>
  );
}
