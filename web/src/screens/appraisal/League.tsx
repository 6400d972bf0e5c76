/** The league table: every project alone, those that can be compared by their worth, the others with why not. */

import { addressOf, useAnswer } from "../../api/client";
import type { AppraisalAnswer, Candidate, LeagueAnswer, LeagueRow } from "../../api/types";
import { Bars, spanOf, type Bar } from "../../charts/Bars";
import { count, fill, musd, percent, signed } from "../../format/words";
import { en } from "../../i18n";
import { Figure, type Provenance } from "../../parts/Figure";
import { RunCard, useRun, type Run } from "../../parts/Run";
import { ScreenFrame } from "../../parts/Screen";
import type { Column } from "../../parts/table";
import { Waiting } from "../../parts/Waiting";
import { commandOf, useCase, type Pane } from "../../state/case";
import { settingParams, type Setting } from "../../state/setting";
import { ask, useAsk } from "../../state/view";
import { figure } from "../trade/Tables";
import { RULES, useStanding } from ".";

const SHOWN = 20;
const BASE = "/api/appraisal/runs";

interface Side {
  pane: Pane;
  run: Run;
  league: LeagueAnswer | null;
}

/** A league table obeys the scenario alone. */
function useSide(pane: Pane | undefined): { run: Run; league: LeagueAnswer | null } {
  const [rules] = useAsk("rules", RULES);
  const plain: Setting = { year: "", scenario: pane?.setting.scenario ?? "", project: [], change: [], shut: [], open: [] };
  const params = new URLSearchParams([["rule_set", rules], ...settingParams(plain)]);
  const run = useRun(BASE, params);
  const done = run.state?.state === "done" ? run.state.id : null;
  const { data, fresh } = useAnswer("get /api/appraisal/runs/{run}/answer", done && addressOf(`${BASE}/${done}/answer`));
  return { run, league: done && fresh ? data : null };
}

export function League({ panes, about }: { panes: Pane[]; about: AppraisalAnswer }) {
  const sides = [useSide(panes[0]), useSide(panes[1])].slice(0, panes.length).map((side, i): Side => ({ ...side, pane: panes[i]! }));
  const standing = useStanding(about);
  if (sides.some((side) => side.run.state === undefined && !side.run.fault)) return <Waiting />;
  const bars = sides.flatMap((side) => (side.league ? leagueBars(side.league, standing) : []));
  const scale = spanOf(bars);
  return (
    <ScreenFrame
      parts={sides.map((side) => ({ pane: side.pane, answer: <Answer side={side} about={about} standing={standing} />, picture: <Picture side={side} about={about} standing={standing} scale={scale} /> }))}
      tables={sides.map((side) => side.league && <Tables key={side.pane.side} side={side as Side & { league: LeagueAnswer }} about={about} standing={standing} several={sides.length > 1} />)}
    />
  );
}

function useProvenance(side: Side, about: AppraisalAnswer): Provenance {
  const caseOf = useCase();
  const [rules] = useAsk("rules", RULES);
  const options = side.pane.setting.scenario ? ` --scenario ${side.pane.setting.scenario}` : "";
  return { meta: side.league?.meta ?? about.meta, sources: about.sources, command: `${commandOf(caseOf, "appraisal", null)} --rule-set ${rules}${options}`, answer: side.league ?? about };
}

const worth = (row: LeagueRow, standing: string): number | null => row.enpv_musd[standing] ?? null;

/** By the standing that is chosen, which may order them otherwise than the headline does. */
function ranked(league: LeagueAnswer, standing: string): LeagueRow[] {
  return league.rows.filter((row) => row.rank !== null).sort((one, other) => worth(other, standing)! - worth(one, standing)!);
}

function Answer({ side, about, standing }: { side: Side; about: AppraisalAnswer; standing: string }) {
  const { league, run } = side;
  const costed = about.projects.filter((row) => row.cost_musd !== null).length;
  const name = about.standings.find((one) => one.id === standing)!.name;
  if (!league) {
    return (
      <>
        <p className="sentence" data-answer="appraisal" data-league="none">
          {fill(en.appraisal.before, { n: count(about.projects.length), costed: count(costed) })}
        </p>
        <RunCard run={run} title={en.appraisal.leagueTitle} text={en.appraisal.leagueText} />
      </>
    );
  }
  const rows = ranked(league, standing);
  const good = rows.filter((row) => worth(row, standing)! > 0);
  const best = rows[0];
  return (
    <>
      <p className="sentence" data-answer="appraisal" data-league="done">
        {fill(good.length === 1 ? en.appraisal.oneGood : en.appraisal.someGood, { n: count(rows.length), all: count(league.rows.length), good: good.length === 0 ? en.appraisal.none : count(good.length), whom: name })}
      </p>
      {best && (
        <p>
          {fill(en.appraisal.best, { id: best.id, name: best.name, worth: signed(worth(best, standing)!, musd), low: signed(best.enpv_low_musd[standing]!, musd), high: signed(best.enpv_high_musd[standing]!, musd), cost: musd(best.cost_musd) })}
        </p>
      )}
      <p className="quiet">{fill(en.appraisal.horizon, { year: String(league.horizon_year) })}</p>
    </>
  );
}

function leagueBars(league: LeagueAnswer, standing: string): Bar[] {
  return ranked(league, standing)
    .slice(0, SHOWN)
    .map((row) => {
      const value = worth(row, standing)!;
      const parts = [fill(en.appraisal.costs, { cost: musd(row.cost_musd) })];
      if (row.eirr !== null) parts.push(fill(en.appraisal.eirrShort, { eirr: percent(row.eirr) }));
      if (row.break_even_cost_musd !== null) parts.push(fill(en.appraisal.breaksAt, { cost: musd(row.break_even_cost_musd) }));
      if (row.p_negative !== null) parts.push(fill(en.appraisal.lossShort, { p: percent(row.p_negative) }));
      if (row.cost_assumed || row.effect_assumed) parts.push(en.assumed);
      return {
        key: row.id, name: `${row.id} ${row.name}`, parts: [{ value, tone: value < 0 ? "madder" : "sage" }], low: row.enpv_low_musd[standing] ?? null, high: row.enpv_high_musd[standing] ?? null,
        label: musd(value), note: parts.join("; "), onPick: () => ask({ of: [row.id] }),
      };
    });
}

function Picture({ side, about, standing, scale }: { side: Side; about: AppraisalAnswer; standing: string; scale: [number, number] }) {
  const provenance = useProvenance(side, about);
  const { league } = side;
  if (!league) return <Costs about={about} provenance={provenance} />;
  return (
    <Figure name="league" title={en.appraisal.rankedTitle} note={en.appraisal.rankedNote} columns={leagueColumns(standing)} rows={league.rows} keyOf={(row) => row.id} {...provenance}>
      <Bars bars={leagueBars(league, standing)} axis={en.appraisal.enpvAxis} label={en.appraisal.rankedTitle} scale={scale} room={110} />
    </Figure>
  );
}

function Costs({ about, provenance }: { about: AppraisalAnswer; provenance: Provenance }) {
  const rows = [...about.projects].sort((one, other) => (other.cost_musd ?? -1) - (one.cost_musd ?? -1));
  const bars = rows
    .filter((row) => row.cost_musd !== null)
    .slice(0, SHOWN)
    .map((row): Bar => ({
      key: row.id, name: `${row.id} ${row.name}`, parts: [{ value: row.cost_musd! / 1000, tone: "lapis", hollow: row.cost_basis === "assumed" }],
      low: row.cost_low_musd === null ? null : row.cost_low_musd / 1000, high: row.cost_high_musd === null ? null : row.cost_high_musd / 1000,
      label: `${musd(row.cost_musd)}${row.cost_basis === "assumed" ? ` (${en.assumed})` : ""}`, onPick: () => ask({ of: [row.id] }),
    }));
  const columns: Column<Candidate>[] = [
    { key: "id", label: en.appraisal.project, value: (row) => row.id, show: (row) => <Open id={row.id} name={`${row.id} ${row.name}`} /> },
    figure("cost_musd", en.appraisal.cost, (row) => row.cost_musd),
    figure("cost_low_musd", en.trade.low, (row) => row.cost_low_musd),
    figure("cost_high_musd", en.trade.high, (row) => row.cost_high_musd),
    { key: "cost_basis", label: en.appraisal.costBasis, value: (row) => row.cost_basis, show: (row) => <Basis basis={row.cost_basis} /> },
    { key: "effect_basis", label: en.appraisal.effectBasis, value: (row) => row.effect_basis, show: (row) => <Basis basis={row.effect_basis} /> },
    { key: "status", label: en.network.state, value: (row) => row.status },
  ];
  return (
    <>
      <Figure name="costs" title={en.appraisal.costsTitle} note={en.appraisal.costsNote} columns={columns} rows={rows} keyOf={(row) => row.id} {...provenance}>
        <Bars bars={bars} axis={en.appraisal.costAxis} label={en.appraisal.costsTitle} />
      </Figure>
      <Figure name="projects" title={en.appraisal.projectsTitle} columns={columns} rows={rows} keyOf={(row) => row.id} {...provenance} />
    </>
  );
}

export function Basis({ basis }: { basis: string }) {
  const text = en.appraisal.basis[basis] ?? basis;
  return basis === "assumed" ? <span className="assumed">{text}</span> : <>{text}</>;
}

function Open({ id, name }: { id: string; name: string }) {
  return (
    <button className="link" onClick={() => ask({ of: [id] })}>
      {name}
    </button>
  );
}

function leagueColumns(standing: string): Column<LeagueRow>[] {
  return [
    { key: "rank", label: en.appraisal.rank, value: (row) => row.rank, number: true },
    { key: "id", label: en.appraisal.project, value: (row) => `${row.id} ${row.name}`, show: (row) => <Open id={row.id} name={`${row.id} ${row.name}`} /> },
    figure("cost_musd", en.appraisal.cost, (row) => row.cost_musd),
    figure("enpv_musd", en.appraisal.enpv, (row) => worth(row, standing), (value) => signed(value)),
    figure("enpv_low_musd", en.appraisal.worst, (row) => row.enpv_low_musd[standing] ?? null, (value) => signed(value)),
    figure("enpv_high_musd", en.appraisal.bestState, (row) => row.enpv_high_musd[standing] ?? null, (value) => signed(value)),
    figure("eirr", en.appraisal.eirr, (row) => row.eirr, percent),
    figure("bcr", en.appraisal.bcr, (row) => row.bcr),
    figure("break_even_cost_musd", en.appraisal.breakCost, (row) => row.break_even_cost_musd),
    figure("break_even_mt_per_year", en.appraisal.breakMt, (row) => row.break_even_mt_per_year),
    figure("traffic_mt_per_year", en.appraisal.trafficMt, (row) => row.traffic_mt_per_year),
    { key: "why_not", label: en.appraisal.whyNot, value: (row) => row.why_not },
  ];
}

function Tables({ side, about, standing, several }: { side: Side & { league: LeagueAnswer }; about: AppraisalAnswer; standing: string; several: boolean }) {
  const provenance = useProvenance(side, about);
  const suffix = several ? ` (${en.whatIf.sides[side.pane.side]})` : "";
  const others = side.league.rows.filter((row) => row.rank === null);
  const columns = leagueColumns(standing);
  return (
    <>
      <Figure name="league-table" title={en.appraisal.leagueTitle + suffix} columns={columns.filter((column) => column.key !== "why_not")} rows={ranked(side.league, standing)} keyOf={(row) => row.id} {...provenance} />
      {others.length > 0 && (
        <Figure name="not-ranked" title={en.appraisal.othersTitle + suffix} columns={columns.filter((column) => ["id", "cost_musd", "enpv_musd", "why_not"].includes(column.key))} rows={others} keyOf={(row) => row.id} {...provenance} />
      )}
    </>
  );
}

