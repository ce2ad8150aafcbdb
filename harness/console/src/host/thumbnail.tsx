/** The small, live picture of a machine's screen. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { MachineState } from './api.js';
import type { HostSession } from './host-session.js';
import { hasScreen, wordState } from './power.js';
import { thumbnailsOf } from './thumbnail-feed.js';

interface ThumbnailProps {
  session: HostSession;
  name: string;
  state: MachineState;
}

export function Thumbnail({ session, name, state }: ThumbnailProps) {
  const place = useRef<HTMLDivElement>(null);
  const [isSeen, see] = useState(false);
  const feed = thumbnailsOf(session);
  const [picture, show] = useState(feed.picture(name));
  const isLive = hasScreen(state);
  useEffect(() => {
    if (place.current === null) return;
    const observer = new IntersectionObserver(([entry]) => see(entry?.isIntersecting === true));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!isSeen || !isLive) return;
    return feed.watch(name, () => show(feed.picture(name)));
  }, [feed, name, isSeen, isLive]);
  const { words, look } = wordState(state);
  const isEmpty = picture === null || state === 'turned-off';
  return (
    <div ref={place} class={`thumbnail ${isLive ? '' : 'past'}`}>
      {isEmpty ? <span class="nothing">{isLive ? '…' : words}</span> : <img src={picture} alt="" draggable={false} />}
      {look === 'still' && !isEmpty ? <span class="veil">{words}</span> : null}
    </div>
  );
}

export function StateDot({ state }: { state: MachineState }) {
  const { words, look } = wordState(state);
  return <span class={`dot ${look}`} role="img" aria-label={words} title={words} />;
}
