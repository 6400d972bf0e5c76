/** Why there is no answer, and the ways on. */

import type { FaultLike } from "../api/client";
import { fill } from "../format/words";
import { en } from "../i18n";
import { isPlain, PLAIN, replaceName, settingParams } from "../state/setting";
import { show, useView } from "../state/view";

export function FaultCard({ fault, again }: { fault: FaultLike; again?: () => void }) {
  const view = useView();
  const set = !isPlain(view.a) || (view.b !== null && settingParams(view.b).size > 0);
  // how the map is drawn is no question
  const { map, ...asked } = view.ask;
  const lines = fault.lines.length > 1 || fault.kind === "route" ? fault.lines : [];
  const text = fault.kind === "case" && lines.length ? fault.message.split("\n")[0]! : fault.message;
  return (
    <div className="fault" role="alert" data-fault={fault.kind}>
      <h2>{en.fault.title}</h2>
      <p>{text}</p>
      {lines.length > 0 && (
        <div>
          <h3>{fault.kind === "route" ? en.fault.cuts : en.fault.problems}</h3>
          <ul className="notes">
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </div>
      )}
      <div className="row">
        {fault.near.map((name) => (
          <button key={name} onClick={() => show(replaceName(view, fault.given, name))}>
            {fill(en.fault.use, { name })}
          </button>
        ))}
        {set && <button onClick={() => show({ ...view, a: PLAIN, b: null })}>{en.fault.plain}</button>}
        {Object.keys(asked).length > 0 && <button onClick={() => show({ ...view, ask: map ? { map } : {} })}>{en.fault.anew}</button>}
        {again && <button onClick={again}>{en.fault.retry}</button>}
      </div>
    </div>
  );
}
