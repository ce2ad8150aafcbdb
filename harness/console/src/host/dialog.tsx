/** A question over the page. The browser keeps the focus within it, and Escape leaves it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useDoing } from './use.js';

interface DialogProps {
  title: string;
  /** What the button is called that does it. */
  go: string;
  /** It loses something. */
  isDanger?: boolean;
  /** It is closed when this resolves; what it throws is shown. */
  onGo: () => Promise<unknown>;
  onClose: () => void;
  wide?: boolean;
  children?: ComponentChildren;
}

export function Dialog({ title, go, isDanger = false, onGo, onClose, wide = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const doing = useDoing();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class={wide ? 'wide' : undefined} onClose={onClose} aria-label={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void doing.run(onGo).then((done) => {
            if (done) onClose();
          });
        }}
      >
        <h2>{title}</h2>
        <div class="body">{children}</div>
        <Failure words={doing.failed} />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={isDanger ? 'danger' : 'primary'} disabled={doing.busy}>
            {doing.busy ? '…' : go}
          </button>
        </div>
      </form>
    </dialog>
  );
}

export function Failure({ words }: { words: string | null }) {
  return words === null ? null : (
    <p role="alert" class="failure">
      {words}
    </p>
  );
}
