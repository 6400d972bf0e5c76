/** Appraisal: is it worth it, for whom, and how sure are we: all projects as a league table, or one as a page of its own. */

import { addressOf, useAnswer } from "../../api/client";
import type { AppraisalAnswer } from "../../api/types";
import { fill } from "../../format/words";
import { en } from "../../i18n";
import { AtWork } from "../../parts/AtWork";
import { FaultCard } from "../../parts/FaultCard";
import type { Pane, Screen } from "../../state/case";
import { settingParams } from "../../state/setting";
import { ask, useAsk } from "../../state/view";
import { League } from "./League";
import { Project } from "./Project";

export const RULES = "adb_2017";

function Appraisal({ panes }: { panes: Pane[] }) {
  const [rules] = useAsk("rules", RULES);
  const [of] = useAsk("of");
  const [standing] = useAsk("standing");
  const pane = panes[0]!;
  const { data, fault, again } = useAnswer("get /api/appraisal", addressOf("/api/appraisal", new URLSearchParams({ rule_set: rules }), settingParams(pane.setting)));
  if (fault) return <FaultCard fault={fault} again={again} />;
  if (!data) return <AtWork />;
  if (standing && !data.standings.some((one) => one.id === standing)) {
    return <FaultCard fault={{ kind: "unknown", message: fill(en.fault.noStanding, { name: standing }), given: "", near: [], lines: [] }} />;
  }
  return (
    <>
      <Controls about={data} pane={pane} />
      {of ? <Project panes={panes} about={data} of={of} /> : <League panes={panes} about={data} />}
    </>
  );
}

/** Whose gains count where one figure stands alone. */
export function useStanding(about: AppraisalAnswer): string {
  const [standing] = useAsk("standing");
  return about.standings.some((one) => one.id === standing) ? standing : about.headline;
}

function Controls({ about, pane }: { about: AppraisalAnswer; pane: Pane }) {
  const [rules, setRules] = useAsk("rules", RULES);
  const [, setStanding] = useAsk("standing", about.headline);
  const [of] = useAsk("of");
  const standing = useStanding(about);
  const named = pane.setting.project;
  return (
    <div className="stack">
      <div className="ask">
        <label className="field wide">
          <span className="label">{en.appraisal.rules}</span>
          <select value={rules} onChange={(event) => setRules(event.target.value)}>
            {about.rule_sets.map((one) => (
              <option key={one.id} value={one.id}>
                {fill(en.appraisal.ruleSet, { name: one.name, rate: `${100 * one.rate}`.slice(0, 4), years: one.horizon_years })}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="label">{en.appraisal.standing}</span>
          <select value={standing} onChange={(event) => setStanding(event.target.value)}>
            {about.standings.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        <div className="row">
          {of && <button onClick={() => ask({ of: [] })}>{en.appraisal.back}</button>}
          {named.length > 0 && named.join() !== of && <button onClick={() => ask({ of: [named.join(",")] })}>{fill(en.appraisal.together, { names: named.join(" + ") })}</button>}
        </div>
      </div>
      <p className="quiet">{en.appraisal.obeys}</p>
    </div>
  );
}

export const screen: Screen = { obeys: true, Component: Appraisal };
