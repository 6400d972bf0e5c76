/** What if: one panel that every screen obeys. */

import { useDeferredValue, useId, useState, type ReactNode } from "react";
import type { CrossingState, ProjectChoice } from "../api/types";
import { fill, plural } from "../format/words";
import { en } from "../i18n";
import { asksAhead } from "./ahead";
import { Guard } from "./Guard";
import { useCase, type Pane } from "../state/case";
import { addChange, isPlain, PLAIN, switchCrossing, switchProject, type Setting } from "../state/setting";
import { set, show, useView, type Side } from "../state/view";

/** As in style.css: the page is narrow below this. */
const NARROW_PX = 896;

export function WhatIf({ panes }: { panes: Pane[] }) {
  const view = useView();
  const [side, setSide] = useState<Side>("a");
  const pane = panes.find((item) => item.side === side) ?? panes[0]!;
  // on a narrow page the answer comes first, and what-if is one press away
  const [open, setOpen] = useState(() => window.innerWidth > NARROW_PX);
  const id = useId();
  return (
    <aside className={open ? "what-if" : "what-if folded"} aria-label={en.whatIf.title}>
      <div className="what-if-head">
        <div>
          <h2>{en.whatIf.title}</h2>
          <p className="quiet">{isPlain(pane.setting) ? en.whatIf.sub : en.whatIf.differs}</p>
        </div>
        <button className="unfold" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          {open ? en.whatIf.fold : en.whatIf.unfold}
        </button>
      </div>
      <div className="what-if-body" id={id}>
      <Sides pane={pane} choose={setSide} />
      <Guard>
        <Controls key={pane.side} pane={pane} />
      </Guard>
      <div className="row">
        {!isPlain(pane.setting) && <button onClick={() => show({ ...view, [pane.side]: PLAIN })}>{en.whatIf.clear}</button>}
        <Share />
      </div>
      </div>
    </aside>
  );
}

function Sides({ pane, choose }: { pane: Pane; choose: (side: Side) => void }) {
  const view = useView();
  if (!view.b) {
    return (
      <button
        onClick={() => {
          show({ ...view, b: view.a, a: isPlain(view.a) ? view.a : PLAIN });
          choose("b");
        }}
      >
        {en.whatIf.compare}
      </button>
    );
  }
  return (
    <div className="stack">
      <div className="sides" role="group" aria-label={en.whatIf.side}>
        {(["a", "b"] as const).map((side) => (
          <button key={side} aria-pressed={pane.side === side} onClick={() => choose(side)}>
            {en.whatIf.sides[side]}
          </button>
        ))}
      </div>
      <div className="row">
        <button className="link" onClick={() => show({ ...view, a: view.b!, b: view.a })}>
          {en.whatIf.swap}
        </button>
        <button
          className="link"
          onClick={() => {
            show({ ...view, a: pane.setting, b: null });
            choose("a");
          }}
        >
          {en.whatIf.stopCompare}
        </button>
      </div>
    </div>
  );
}

function Controls({ pane }: { pane: Pane }) {
  const { setting, side } = pane;
  const change = (next: Setting, replace = false) => set(side, next, replace);
  return (
    <>
      <Year setting={setting} change={change} />
      <Scenario setting={setting} change={change} />
      <Crossings pane={pane} change={change} />
      <Projects pane={pane} change={change} />
      <Changes setting={setting} change={change} />
      {(pane.state.data?.notes.length ?? 0) > 0 && (
        <div>
          <h3>{en.whatIf.notes}</h3>
          <ul className="notes">
            {pane.state.data!.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

type Change = (next: Setting, replace?: boolean) => void;

function Year({ setting, change }: { setting: Setting; change: Change }) {
  const caseOf = useCase();
  const year = /^\d+$/.test(setting.year) ? Number(setting.year) : caseOf.base_year;
  return (
    <label className="field">
      <span className="row">
        <span className="label">{en.whatIf.year}</span>
        <output className="quiet">{setting.year || fill(en.whatIf.yearBase, { year: caseOf.base_year })}</output>
      </span>
      <input
        type="range"
        min={caseOf.base_year}
        max={caseOf.horizon_year}
        value={year}
        aria-valuetext={setting.year || fill(en.whatIf.yearBase, { year: caseOf.base_year })}
        onChange={(event) => change({ ...setting, year: Number(event.target.value) === caseOf.base_year ? "" : event.target.value }, true)}
      />
    </label>
  );
}

function Scenario({ setting, change }: { setting: Setting; change: Change }) {
  const caseOf = useCase();
  const known = caseOf.scenarios.some((scenario) => scenario.id === setting.scenario);
  const own = caseOf.scenarios.find((scenario) => scenario.id === (setting.scenario || caseOf.default_scenario));
  return (
    <div className="stack">
      <label className="field">
        <span className="label">{en.whatIf.scenario}</span>
        <select value={known || !setting.scenario ? setting.scenario || caseOf.default_scenario : setting.scenario} onChange={(event) => change({ ...setting, scenario: event.target.value === caseOf.default_scenario ? "" : event.target.value })}>
          {!known && setting.scenario && <option value={setting.scenario}>{setting.scenario}</option>}
          {caseOf.scenarios.map((scenario) => (
            <option key={scenario.id} value={scenario.id}>
              {scenario.id === caseOf.default_scenario ? fill(en.whatIf.scenarioDefault, { name: scenario.name }) : scenario.name}
            </option>
          ))}
        </select>
      </label>
      {own && (
        <p className="quiet">
          {own.description} {own.assumed && <span className="assumed">{en.assumed}</span>}
        </p>
      )}
    </div>
  );
}

function Fold({ title, note, open, children }: { title: string; note: string; open?: boolean; children: ReactNode }) {
  return (
    <details open={open}>
      <summary>
        <span>{title}</span>
        <span className="quiet">{note}</span>
      </summary>
      {children}
    </details>
  );
}

function useFinder(): [string, (name: string) => boolean, ReactNode] {
  const [text, setText] = useState("");
  const wanted = useDeferredValue(text).trim().toLowerCase();
  const field = <input type="search" value={text} placeholder={en.whatIf.find} aria-label={en.whatIf.find} onChange={(event) => setText(event.target.value)} />;
  return [wanted, (name) => name.toLowerCase().includes(wanted), field];
}

function Crossings({ pane, change }: { pane: Pane; change: Change }) {
  const caseOf = useCase();
  const [wanted, fits, field] = useFinder();
  const states = new Map((pane.state.data?.crossings ?? []).map((state) => [state.id, state]));
  const { setting } = pane;
  const shut = [...states.values()].filter((state) => state.status !== "open").length;
  const rank = (id: string) => (setting.shut.includes(id) || setting.open.includes(id) ? 0 : states.get(id)?.status !== "open" ? 1 : 2);
  const crossings = caseOf.crossings
    .filter((crossing) => !wanted || fits(`${crossing.name} ${crossing.id} ${crossing.countries.map((code) => caseOf.countries[code]).join(" ")}`))
    .sort((one, other) => Number(one.modes.every(atSea)) - Number(other.modes.every(atSea)) || one.name.localeCompare(other.name));
  return (
    <Fold title={en.whatIf.crossings} note={plural(shut, en.whatIf.crossingsShut)} open>
      {field}
      <ul className="options" tabIndex={-1}>
        {crossings.map((crossing) => (
          <li key={crossing.id} className={rank(crossing.id) === 0 ? "changed" : ""}>
            <span className="name">
              {crossing.name}
              <small>
                {crossing.countries.map((code) => caseOf.countries[code] ?? code).join(" / ")}; {crossing.modes.map((mode) => en.modes[mode]).join(", ")}
              </small>
              {rank(crossing.id) === 0 && (
                <button className="link" onClick={() => change(switchCrossing(setting, crossing.id, null))}>
                  {en.whatIf.reset}
                </button>
              )}
            </span>
            <CrossingSwitch name={crossing.name} id={crossing.id} state={states.get(crossing.id)} setting={setting} change={change} />
          </li>
        ))}
      </ul>
      {crossings.length === 0 && <p className="quiet">{en.whatIf.noneFound}</p>}
    </Fold>
  );
}

const atSea = (mode: string) => mode === "sea" || mode === "ferry";

function CrossingSwitch({ name, id, state, setting, change }: { name: string; id: string; state: CrossingState | undefined; setting: Setting; change: Change }) {
  // what was just switched shows at once; the server confirms it
  const status = setting.shut.includes(id) ? "shut" : setting.open.includes(id) ? "open" : (state?.status ?? "open");
  const next = () => switchCrossing(setting, id, status === "open" ? "shut" : "open");
  return (
    <button
      className="switch gate"
      role="switch"
      data-crossing={id}
      aria-checked={status === "partly" ? "mixed" : status === "open"}
      aria-label={name}
      onClick={() => change(next())}
      {...asksAhead(next)}
    >
      <span className="track" aria-hidden="true" />
      {en.status[status]}
    </button>
  );
}

function Projects({ pane, change }: { pane: Pane; change: Change }) {
  const caseOf = useCase();
  const [wanted, fits, field] = useFinder();
  const { setting } = pane;
  const opened = new Set(pane.state.data?.open_projects ?? []);
  const named = new Set(setting.project.map((name) => name.split("@")[0]!));
  const rows = caseOf.projects.filter((project) => !wanted || fits(`${project.id} ${project.name} ${project.countries.map((code) => caseOf.countries[code]).join(" ")}`));
  return (
    <Fold title={en.whatIf.projects} note={plural(named.size, en.whatIf.projectsOn)}>
      {field}
      <ul className="options" tabIndex={-1}>
        {rows.map((project) => (
          <li key={project.id} className={named.has(project.id) ? "changed" : ""}>
            <span className="name" id={`project-${project.id}`}>
              {project.id} {project.name}
              <small>{projectNote(project)}</small>
            </span>
            <button
              className="switch"
              role="switch"
              data-project={project.id}
              aria-checked={named.has(project.id) || opened.has(project.id)}
              aria-label={`${project.id} ${project.name}`}
              disabled={opened.has(project.id) && !named.has(project.id)}
              onClick={() => change(switchProject(setting, project.id, !named.has(project.id)))}
              {...asksAhead(() => switchProject(setting, project.id, !named.has(project.id)))}
            >
              <span className="track" aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      {rows.length === 0 && <p className="quiet">{en.whatIf.noneFound}</p>}
    </Fold>
  );
}

function projectNote(project: ProjectChoice): string {
  const parts = [project.opens === null ? en.whatIf.opensUnknown : fill(en.whatIf.opensAt, { year: String(project.opens) })];
  if (project.status === "done" || project.status === "committed") parts.unshift(en.whatIf[project.status]);
  if (project.effects === 0) parts.push(en.whatIf.noEffect);
  return parts.join("; ");
}

function Changes({ setting, change }: { setting: Setting; change: Change }) {
  const [text, setText] = useState("");
  const id = useId();
  return (
    <Fold title={en.whatIf.changes} note={plural(setting.change.length, en.whatIf.changesOn)} open={setting.change.length > 0}>
      <ul className="stack">
        {setting.change.map((item) => (
          <li key={item} className="row">
            <code>{item}</code>
            <button aria-label={fill(en.whatIf.remove, { name: item })} onClick={() => change({ ...setting, change: setting.change.filter((other) => other !== item) })}>
              {"\u00d7"}
            </button>
          </li>
        ))}
      </ul>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) change(addChange(setting, text.trim()));
          setText("");
        }}
      >
        <label className="field" htmlFor={id}>
          <span className="label">{en.whatIf.changeLabel}</span>
        </label>
        <div className="row">
          <input id={id} value={text} placeholder={en.whatIf.changeHint} onChange={(event) => setText(event.target.value)} />
          <button type="submit">{en.whatIf.add}</button>
        </div>
      </form>
    </Fold>
  );
}

function Share() {
  const [done, setDone] = useState(false);
  return (
    <button
      onClick={() => {
        void navigator.clipboard?.writeText(location.href).then(() => {
          setDone(true);
          window.setTimeout(() => setDone(false), 2000);
        });
      }}
    >
      <span aria-live="polite">{done ? en.whatIf.copied : en.whatIf.share}</span>
    </button>
  );
}
