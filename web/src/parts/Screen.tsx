/** The order of every screen: the answer first, then the picture, then the tables; or two settings side by side. */

import type { ReactNode } from "react";
import { en } from "../i18n";
import { settingName, useCase, type Pane } from "../state/case";

export interface Part {
  pane: Pane;
  answer: ReactNode;
  picture: ReactNode;
}

export function ScreenFrame({ parts, above, tables }: { parts: Part[]; above?: ReactNode; tables: ReactNode }) {
  const caseOf = useCase();
  if (parts.length < 2) {
    return (
      <div className="stack" style={{ gap: "1.25rem" }}>
        {above}
        <div className="screen">
          <section className="answer">{parts[0]?.answer}</section>
          <section className="picture">{parts[0]?.picture}</section>
          <section className="tables">{tables}</section>
        </div>
      </div>
    );
  }
  return (
    <div className="stack" style={{ gap: "1.25rem" }}>
      {above}
      <div className="panes">
        {parts.map(({ pane, answer, picture }) => (
          <section className="pane" key={pane.side} data-side={pane.side} aria-label={en.whatIf.sides[pane.side]}>
            <div className="answer">
              <p className={`pane-name ${pane.side}`}>
                <strong>{en.whatIf.sides[pane.side]}</strong> <span className="quiet">{settingName(caseOf, pane.setting)}</span>
              </p>
              {answer}
            </div>
            <div className="picture">{picture}</div>
          </section>
        ))}
      </div>
      <section className="tables">{tables}</section>
    </div>
  );
}

/** Where a first look says that it is one; its place is kept, so that nothing moves when it goes. */
export function Settling({ first }: { first: boolean }) {
  return (
    <p className="settling" role="status">
      {first && en.settling.line}
    </p>
  );
}

export function Notes({ notes }: { notes: string[] }) {
  if (notes.length === 0) return null;
  return (
    <ul className="notes">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
