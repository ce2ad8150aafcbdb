/** The machine's screen: keys and pointer go to it, or rectangles are drawn on it. */
import { useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import type { Line } from './connection.js';

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface ScreenProps {
  canvas: RefObject<HTMLCanvasElement>;
  line: Line;
  /** Where the pointer is matters to the guest. */
  graphic: boolean;
  secret: boolean;
  /** Null: the machine is used. */
  onDrawn: ((rectangle: Rectangle) => void) | null;
}

/** Pixels of the frame that a click may be apart from where it began. */
const SLIP = 4;
/** Wall ms in which a second click makes it a double one. */
const DOUBLE_CLICK_MS = 250;
const BUTTONS = ['left', 'middle', 'right'] as const;

interface Point {
  x: number;
  y: number;
}

export function Screen({ canvas, line, graphic, secret, onDrawn }: ScreenProps) {
  const began = useRef<Point | null>(null);
  const click = useRef<ReturnType<typeof setTimeout> | null>(null);
  const moved = useRef(false);
  const [drawn, draw] = useState<Rectangle | null>(null);

  const place = ({ clientX, clientY }: MouseEvent): Point => {
    const of = canvas.current;
    if (of === null) return { x: 0, y: 0 };
    const { left, top, width, height } = of.getBoundingClientRect();
    const within = (at: number, size: number): number => Math.min(Math.max(Math.floor(at), 0), size - 1);
    return {
      x: within(((clientX - left) / width) * of.width, of.width),
      y: within(((clientY - top) / height) * of.height, of.height),
    };
  };
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey && event.altKey && event.code === 'KeyG') {
      canvas.current?.blur();
      return;
    }
    event.preventDefault();
    const { ctrlKey, altKey, metaKey, shiftKey } = event;
    // Characters of many layouts come with AltGr, which is no chord.
    const isGraph = event.getModifierState('AltGraph');
    line.send({
      kind: 'key',
      key: event.key,
      ctrlKey: ctrlKey && !isGraph,
      altKey: altKey && !isGraph,
      metaKey,
      shiftKey,
      secret,
    });
  };
  const move = (event: MouseEvent): void => {
    const at = place(event);
    if (onDrawn !== null) {
      if (began.current !== null) draw(rectangleOf(began.current, at));
      return;
    }
    if (!graphic || moved.current || event.buttons !== 0) return;
    moved.current = true;
    requestAnimationFrame(() => (moved.current = false));
    line.send({ kind: 'move', ...at });
  };
  const up = (event: MouseEvent): void => {
    const [from, to] = [began.current, place(event)];
    began.current = null;
    draw(null);
    if (from === null) return;
    const isDragged = Math.hypot(to.x - from.x, to.y - from.y) > SLIP;
    if (onDrawn !== null) {
      if (isDragged) onDrawn(rectangleOf(from, to));
      return;
    }
    if (isDragged) line.send({ kind: 'drag', from, to });
    else clicked(to, BUTTONS[event.button] ?? 'left');
  };
  /** Held back for as long as it may become a double one. */
  const clicked = (at: Point, button: (typeof BUTTONS)[number]): void => {
    if (click.current !== null) {
      clearTimeout(click.current);
      click.current = null;
      line.send({ kind: 'click', ...at, button, count: 2 });
      return;
    }
    click.current = setTimeout(() => {
      click.current = null;
      line.send({ kind: 'click', ...at, button, count: 1 });
    }, DOUBLE_CLICK_MS);
  };
  return (
    <figure class={onDrawn === null ? 'screen' : 'screen draws'}>
      <canvas
        ref={canvas}
        width={720}
        height={400}
        tabIndex={0}
        aria-label="The guest's screen: keys go to it while it has the focus, Control+Alt+G leaves it"
        onKeyDown={key}
        onMouseDown={(event) => {
          began.current = place(event);
        }}
        onMouseMove={move}
        onMouseUp={up}
        onWheel={(event) => {
          event.preventDefault();
          if (onDrawn === null) line.send({ kind: 'wheel', dy: Math.sign(event.deltaY) });
        }}
        onContextMenu={(event) => event.preventDefault()}
      />
      {drawn === null ? null : <Drawn rectangle={drawn} canvas={canvas.current} />}
    </figure>
  );
}

function Drawn({ rectangle, canvas }: { rectangle: Rectangle; canvas: HTMLCanvasElement | null }) {
  if (canvas === null) return null;
  const [right, down] = [canvas.clientWidth / canvas.width, canvas.clientHeight / canvas.height];
  const { x, y, width, height } = rectangle;
  // Styles set by script are within the content security policy; those in the page's text are not.
  const style = {
    left: `${x * right}px`,
    top: `${y * down}px`,
    width: `${width * right}px`,
    height: `${height * down}px`,
  };
  return <div class="drawn" style={style} />;
}

function rectangleOf(from: Point, to: Point): Rectangle {
  const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
  return { x, y, width: Math.abs(to.x - from.x) + 1, height: Math.abs(to.y - from.y) + 1 };
}
