/** What fails in a part of the page stays there, with a message and a way on: no blank page, ever. */

import { Component, type ReactNode } from "react";
import { fill } from "../format/words";
import { en } from "../i18n";

export class Guard extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="fault" role="alert">
        <h2>{en.fault.crash}</h2>
        <p>{fill(en.fault.crashText, { message: error.message })}</p>
        <div className="row">
          <button onClick={() => this.setState({ error: null })}>{en.fault.retry}</button>
          <button onClick={() => location.assign(location.pathname)}>{en.fault.plain}</button>
        </div>
      </div>
    );
  }
}
