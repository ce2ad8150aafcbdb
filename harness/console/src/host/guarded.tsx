/** Fences around parts of the page: a host may answer with anything. */
import { Component, type ComponentChildren } from 'preact';

/** What goes wrong with one part is shown in its place, and leaves the others alone. */
export class Guarded extends Component<{ what: string; children: ComponentChildren }, { failed: string | null }> {
  override state: { failed: string | null } = { failed: null };

  override componentDidCatch(error: unknown): void {
    this.setState({ failed: error instanceof Error ? error.message : String(error) });
  }

  override render() {
    const { what, children } = this.props;
    if (this.state.failed === null) return <>{children}</>;
    return (
      <p class="failure" role="alert">
        {what} answered what this page does not understand: {this.state.failed}{' '}
        <button onClick={() => this.setState({ failed: null })}>Try again</button>
      </p>
    );
  }
}
