/** Below everything: tasks with their progress, and the event log. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { HostEvent, Task } from './api.js';
import { Failure } from './dialog.js';
import type { HostSession } from './host-session.js';
import { useDoing, useHost } from './use.js';

export function LogDrawer({ session }: { session: HostSession }) {
  const { tasks, events } = useHost(session);
  const [panel, choose] = useState<'Tasks' | 'Events' | null>('Events');
  const running = tasks.filter(({ state }) => state === 'running').length;
  return (
    <footer class={panel === null ? 'drawer closed' : 'drawer'}>
      <nav aria-label="Tasks and events">
        {(['Tasks', 'Events'] as const).map((name) => (
          <button
            key={name}
            class="tab"
            aria-pressed={panel === name}
            onClick={() => choose(panel === name ? null : name)}
          >
            {name}
            {name === 'Tasks' && running > 0 ? ` (${running})` : ''}
          </button>
        ))}
      </nav>
      {panel === 'Tasks' ? <TaskList session={session} tasks={tasks} /> : null}
      {panel === 'Events' ? <EventLog session={session} events={events} machine={null} /> : null}
    </footer>
  );
}

function TaskList({ session, tasks }: { session: HostSession; tasks: readonly Task[] }) {
  const doing = useDoing();
  return (
    <div class="log" tabIndex={0} aria-label="Tasks">
      <Failure words={doing.failed} />
      <table>
        <tbody>
          {tasks.map((task) => (
            <tr key={task.id} class={task.state}>
              <td class="when">{timeOf(task.started)}</td>
              <td>{task.machine ?? 'host'}</td>
              <td>{task.kind}</td>
              <td>{task.by ?? ''}</td>
              <td class="wide">
                {task.state === 'running' ? (
                  <>
                    <progress
                      aria-label={`Progress of ${task.kind}`}
                      {...(task.progress === null ? {} : { value: task.progress })}
                    />{' '}
                    {task.step ?? ''}
                  </>
                ) : (
                  (task.failure?.message ?? task.state)
                )}
              </td>
              <td>
                {task.state === 'running' ? (
                  <button
                    class="small"
                    onClick={() => void doing.run(() => session.call('cancelTask', { params: { task: task.id } }))}
                  >
                    Cancel
                  </button>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface EventLogProps {
  session: HostSession;
  events: readonly HostEvent[];
  /** Null: of the whole host. */
  machine: string | null;
}

/** What was before the page was opened is searched on the host. */
export function EventLog({ session, events, machine }: EventLogProps) {
  const [text, setText] = useState('');
  const [isFollowed, follow] = useState(true);
  const [found, find] = useState<readonly HostEvent[] | null>(null);
  const doing = useDoing();
  const list = useRef<HTMLDivElement>(null);
  const wanted = text.toLowerCase();
  const shown = (found ?? events).filter(
    (event) =>
      (machine === null || event.machine === machine) &&
      (wanted === '' || JSON.stringify(event).toLowerCase().includes(wanted)),
  );
  useEffect(() => {
    if (isFollowed && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [shown.length, isFollowed]);
  return (
    <>
      <form
        class="tools"
        onSubmit={(event) => {
          event.preventDefault();
          const query = { limit: 1000, ...(text === '' ? {} : { text }), ...(machine === null ? {} : { machine }) };
          void doing.run(async () => find(await session.call('searchEvents', { query })));
          follow(false);
        }}
      >
        <input
          type="search"
          aria-label="Search events"
          placeholder="Search, Enter: in all that is kept"
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            find(null);
          }}
        />
        <label>
          <input
            type="checkbox"
            checked={isFollowed}
            onChange={({ currentTarget }) => {
              follow(currentTarget.checked);
              if (currentTarget.checked) find(null);
            }}
          />{' '}
          Follow
        </label>
        <Failure words={doing.failed} />
      </form>
      <div class="log" ref={list} tabIndex={0} role="log" aria-label="Events">
        <table>
          <tbody>
            {shown.map(({ id, at, machine: of, kind, by, detail }) => (
              <tr key={id} class={`kind-${BAD.has(kind) ? 'bad' : 'plain'}`}>
                <td class="when" title={at}>
                  {timeOf(at)}
                </td>
                {machine === null ? <td>{of ?? 'host'}</td> : null}
                <td>{kind}</td>
                <td>{by ?? ''}</td>
                <td class="wide">{printable(detail ?? '')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const BAD: ReadonlySet<string> = new Set(['crashed', 'failed', 'engine-failed', 'killed', 'refused', 'unreadable']);

/** Control and direction characters of a text that is somebody's are shown as what they are. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\u{FFFD}');
}

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' });
export const timeOf = (at: string): string => (Number.isNaN(Date.parse(at)) ? at : time.format(new Date(at)));
