/** Portfolio: which projects within a budget, in what order, how that stands up, and how to share the cost. */

import { useEffect, useState } from "react";
import { addressOf, useAnswer } from "../../api/client";
import type { AppraisalAnswer, FrontierPoint, PortfolioAnswer } from "../../api/types";
import { count, fill, listed, musd, percent, signed } from "../../format/words";
import { en } from "../../i18n";
import { AtWork } from "../../parts/AtWork";
import { FaultCard } from "../../parts/FaultCard";
import { RunCard, useRun, type Run } from "../../parts/Run";
import { Notes, ScreenFrame } from "../../parts/Screen";
import { useCase, type Pane, type Screen } from "../../state/case";
import { settingParams, type Setting } from "../../state/setting";
import { useAsk } from "../../state/view";
import { RULES } from "../appraisal";
import { CostShares, Countries, Frontier, Phasing, Robustness } from "./Pictures";
import { Tables } from "./Tables";

const BASE = "/api/portfolio/runs";
/** USD m: where the slider stands at first. */
const BUDGET = "2000";
/** Milliseconds for which the slider rests until a budget is asked for. */
const REST_MS = 250;

export interface Side {
  pane: Pane;
  run: Run;
  /** The answer of this budget; else none. */
  found: PortfolioAnswer | null;
  /** The answer of another budget of the same question, whose frontier holds this one's best set. */
  near: PortfolioAnswer | null;
  budget: number;
  aim: string;
  rules: string;
}

/** The latest answer of each question, whatever its budget. */
const latest = new Map<string, PortfolioAnswer>();

function useSide(pane: Pane | undefined, budget: string, aim: string, rules: string) {
  const plain: Setting = { year: "", scenario: pane?.setting.scenario ?? "", project: [], change: [], shut: [], open: [] };
  const question = new URLSearchParams([...(aim ? [["aim", aim]] : []), ["rule_set", rules], ...settingParams(plain)] as [string, string][]);
  const run = useRun(BASE, new URLSearchParams([["budget", budget], ...question]));
  const done = run.state?.state === "done" ? run.state.id : null;
  const { data, fresh } = useAnswer("get /api/portfolio/runs/{run}/answer", done && addressOf(`${BASE}/${done}/answer`));
  const found = done && fresh ? data : null;
  const key = question.toString();
  if (found) latest.set(key, found);
  return { run, found, near: latest.get(key) ?? null };
}

function Portfolio({ panes }: { panes: Pane[] }) {
  const [rules] = useAsk("rules", RULES);
  const pane = panes[0]!;
  const { data, fault, again } = useAnswer("get /api/appraisal", addressOf("/api/appraisal", new URLSearchParams({ rule_set: rules }), settingParams(pane.setting)));
  if (fault) return <FaultCard fault={fault} again={again} />;
  if (!data) return <AtWork />;
  return <Chosen panes={panes} about={data} rules={rules} />;
}

function Chosen({ panes, about, rules }: { panes: Pane[]; about: AppraisalAnswer; rules: string }) {
  const [budget] = useAsk("budget", BUDGET);
  const [aim] = useAsk("aim", about.headline);
  const own = aim === about.headline ? "" : aim;
  const asked = [useSide(panes[0], budget, own, rules), useSide(panes[1], budget, own, rules)].slice(0, panes.length);
  const sides = asked.map((side, i): Side => ({ ...side, pane: panes[i]!, budget: Number(budget), aim, rules }));
  const most = Math.max(0, ...sides.flatMap((side) => (side.near?.frontier ?? []).map((point) => point.value_musd)));
  return (
    <>
      <Controls about={about} />
      <ScreenFrame
        parts={sides.map((side) => ({
          pane: side.pane,
          answer: <Answer side={side} about={about} />,
          picture: (
            <>
              {side.near && <Frontier side={side} near={side.near} most={most} />}
              {side.found && (
                <>
                  <Phasing side={side} found={side.found} />
                  <Robustness side={side} found={side.found} />
                  <Countries side={side} found={side.found} />
                  <CostShares side={side} found={side.found} />
                </>
              )}
              {!side.near && <p className="quiet">{en.portfolio.empty}</p>}
            </>
          ),
        }))}
        tables={sides.map((side) => side.found && <Tables key={side.pane.side} side={side} found={side.found} several={sides.length > 1} />)}
      />
    </>
  );
}

function Controls({ about }: { about: AppraisalAnswer }) {
  const [rules, setRules] = useAsk("rules", RULES);
  const [aim, setAim] = useAsk("aim", about.headline);
  const aims = about.standings.flatMap((one) => [
    { id: one.id, name: one.name },
    { id: `${one.id}:worst_state`, name: fill(en.portfolio.worst, { name: one.name }) },
  ]);
  return (
    <div className="ask">
      <Budget about={about} />
      <label className="field">
        <span className="label">{en.portfolio.aim}</span>
        <select value={aim} onChange={(event) => setAim(event.target.value)}>
          {!aims.some((one) => one.id === aim) && <option value={aim}>{aim}</option>}
          {aims.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span className="label">{en.appraisal.rules}</span>
        <select value={rules} onChange={(event) => setRules(event.target.value)}>
          {about.rule_sets.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** A round step, so that a slider of a hundred places reaches from nothing to everything. */
function stepOf(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 100 || 1));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => most / step <= 100) ?? power * 10;
}

function Budget({ about }: { about: AppraisalAnswer }) {
  const [budget, setBudget] = useAsk("budget", BUDGET);
  const [text, setText] = useState(budget);
  useEffect(() => setText(budget), [budget]);
  useEffect(() => {
    if (text === budget) return;
    const timer = window.setTimeout(() => setBudget(text, true), REST_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  const all = about.projects.reduce((sum, row) => sum + (row.cost_musd ?? 0), 0);
  const step = stepOf(all);
  const most = Math.ceil(Math.max(all, Number(budget) || 0) / step) * step;
  const said = Number.isFinite(Number(text)) ? musd(Number(text)) : text;
  return (
    <label className="field wide">
      <span className="row">
        <span className="label">{en.portfolio.budget}</span>
        <output>
          <strong>{said}</strong>
        </output>
      </span>
      <input type="range" aria-label={en.portfolio.budget} min={0} max={most} step={step} value={Number(text) || 0} aria-valuetext={said} onChange={(event) => setText(event.target.value)} />
    </label>
  );
}

/** The point of a frontier that a budget reaches. */
export function reached(frontier: FrontierPoint[], budget: number): FrontierPoint | null {
  return [...frontier].reverse().find((point) => point.cost_musd <= budget) ?? null;
}

function Answer({ side, about }: { side: Side; about: AppraisalAnswer }) {
  const caseOf = useCase();
  const { found, near, run, budget } = side;
  const [standing] = side.aim.split(":");
  const whom = about.standings.find((one) => one.id === standing)?.name ?? side.aim;
  const name = (id: string) => {
    const bare = id.split("@")[0]!;
    return `${bare} ${caseOf.projects.find((row) => row.id === bare)?.name ?? ""}`.trim();
  };
  // what is no budget has its own message below
  const within = Number.isFinite(budget) && budget >= 0 ? musd(budget) : en.portfolio.anyBudget;
  const card = <RunCard run={run} title={fill(en.portfolio.runTitle, { budget: within })} text={en.portfolio.runText} />;
  if (!found) {
    const point = near && reached(near.frontier, budget);
    return (
      <>
        <p className="sentence" data-answer="portfolio" data-choice="none">
          {point ? fill(point.projects.length ? en.portfolio.nearby : en.portfolio.nearbyNone, { budget: musd(budget), names: listed(point.projects.map((id) => id.split("@")[0]!)), worth: musd(point.value_musd), whom }) : fill(en.portfolio.before, { n: count(about.projects.length), budget: within, whom })}
        </p>
        {run.state === undefined && !run.fault ? <p className="quiet">{en.shell.working}</p> : card}
      </>
    );
  }
  const sentence = found.chosen.length
    ? fill(en.portfolio.answer, { budget: musd(found.budget_musd), names: listed(found.chosen.map((row) => name(row.project))), worth: musd(found.value_musd), cost: musd(found.cost_musd), whom })
    : fill(en.portfolio.nothing, { budget: musd(found.budget_musd), whom });
  const tested = found.robustness.sets[0];
  return (
    <>
      <p className="sentence" data-answer="portfolio" data-choice="done" data-musd={found.value_musd} aria-live="polite">
        {sentence}
      </p>
      <p>
        {found.proven
          ? fill(en.portfolio.proven, { n: count(found.sets_appraised) })
          : fill(en.portfolio.bound, { n: count(found.sets_appraised), bound: musd(found.bound_musd), error: musd(found.largest_error_musd) })}
      </p>
      {tested && found.chosen.length > 0 && (
        <p>{fill(en.portfolio.stands, { loss: percent(tested.loss_share), worst: signed(tested.cvar_musd, musd), failing: percent(found.robustness.failing_share), n: count(found.robustness.futures_count) })}</p>
      )}
      {found.wait && <p>{found.wait.build_now ? en.portfolio.now : fill(en.portfolio.wait, { year: String(found.wait.decide_year), option: musd(found.wait.option_musd) })}</p>}
      <dl className="figures">
        {found.standings.map((row) => (
          <div key={row.standing}>
            <dt>{fill(en.appraisal.enpvOf, { whom: about.standings.find((one) => one.id === row.standing)?.name ?? row.standing })}</dt>
            <dd className={row.enpv_musd < 0 ? "bad" : "good"}>{signed(row.enpv_musd, musd)}</dd>
          </div>
        ))}
      </dl>
      {run.state && card}
      <Notes notes={[...found.notes, ...found.robustness.robust_notes, ...found.fairness.fair_notes]} />
    </>
  );
}

export const screen: Screen = { obeys: true, Component: Portfolio };
