/** How sure the value of a project is: draws of what is uncertain, asked for by the reader, and their S-curve. */

import { useAnswer } from "../../api/client";
import type { AppraisalAnswer, CurvePoint, DrawnDriver, DrawsAnswer, ProjectAnswer, StateDrawn } from "../../api/types";
import { Bars, twoEnds, type Bar } from "../../charts/Bars";
import { SCurve, spanOfCurve } from "../../charts/SCurve";
import { count, fill, musd, number, percent, signed } from "../../format/words";
import { en } from "../../i18n";
import { Figure, type Provenance } from "../../parts/Figure";
import { RunCard, useRun, type Run } from "../../parts/Run";
import { Notes } from "../../parts/Screen";
import type { Column } from "../../parts/table";
import type { Pane } from "../../state/case";
import { settingParams } from "../../state/setting";
import { useAsk } from "../../state/view";
import { figure } from "../trade/Tables";
import { RULES } from ".";

const BASE = "/api/appraisal/draws";
/** What is drawn: the accounts alone take seconds. */
const KINDS = ["accounts", "all"] as const;
const SHOWN = 12;

export interface Sure {
  run: Run;
  draws: DrawsAnswer | null;
}

export function useSure(pane: Pane | undefined, of: string): Sure {
  const [rules] = useAsk("rules", RULES);
  const [drawn] = useAsk("drawn", KINDS[0]);
  const question = pane && new URLSearchParams([["of", of], ["rule_set", rules], ["drawn", drawn], ...settingParams({ ...pane.setting, year: "", project: [] })]);
  const run = useRun(BASE, question ?? null);
  const done = run.state?.state === "done" ? run.state.id : null;
  const { data, fresh } = useAnswer("get /api/appraisal/draws/{run}/answer", done && `${BASE}/${done}/answer`);
  return { run, draws: done && fresh ? data : null };
}

export function curveSpan(sides: Sure[]): [number, number] | undefined {
  const points = sides.flatMap(({ draws }) => (draws ? [...draws.s_curve.map((point) => ({ share: point.share, value: point.enpv_musd })), { share: 0, value: draws.spread.p10_low_musd }, { share: 1, value: draws.spread.p90_high_musd }] : []));
  return points.length ? spanOfCurve(points) : undefined;
}

/** The draws in a sentence, beside the answer. */
export function SureAnswer({ draws, about }: { draws: DrawsAnswer; about: AppraisalAnswer }) {
  const { spread } = draws;
  return (
    <p data-draws={draws.drawn} data-p-negative={spread.p_negative} data-p50={spread.p50_musd}>
      {fill(en.sure.answer, {
        n: count(draws.draws), whom: nameOf(about, draws.standing), middle: signed(spread.p50_musd, musd), low: signed(spread.p10_low_musd, musd), high: signed(spread.p90_high_musd, musd),
        loss: chance(spread.p_negative),
      })}
    </p>
  );
}

const nameOf = (about: AppraisalAnswer, standing: string): string => about.standings.find((one) => one.id === standing)?.name ?? standing;
/** What happens in a share of the draws is never certain, nor impossible. */
const chance = (share: number): string => (share === 0 ? en.sure.none : share === 1 ? en.sure.every : fill(en.sure.some, { p: percent(share) }));

interface Props {
  sure: Sure;
  found: ProjectAnswer;
  about: AppraisalAnswer;
  provenance: Provenance;
  scale: [number, number] | undefined;
}

export function HowSure({ sure, found, about, provenance, scale }: Props) {
  const [drawn, setDrawn] = useAsk("drawn", KINDS[0]);
  if (!found.valued) return null;
  const { draws, run } = sure;
  const choice = (
    <label className="field wide">
      <span className="label">{en.sure.what}</span>
      <select value={drawn} onChange={(event) => setDrawn(event.target.value)} disabled={run.state?.state === "running"}>
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {en.sure.kinds[kind]}
          </option>
        ))}
      </select>
    </label>
  );
  if (!draws) {
    return (
      <div className="stack">
        <RunCard run={run} title={en.sure.title} text={en.sure.texts[drawn] ?? en.sure.texts.accounts!} begin={en.sure.begin} />
        {choice}
      </div>
    );
  }
  const options = ["--draws", draws.draws, "--seed", draws.seed, ...(draws.drawn === "accounts" ? ["--solves", 0] : [])].join(" ");
  const own: Provenance = { ...provenance, meta: draws.meta, answer: draws, command: `${provenance.command} ${options}` };
  return (
    <>
      <Curve draws={draws} about={about} provenance={own} scale={scale} />
      {choice}
      <Hangs draws={draws} provenance={own} />
      <InStates draws={draws} provenance={own} />
      <Notes notes={draws.notes} />
    </>
  );
}

function Curve({ draws, about, provenance, scale }: { draws: DrawsAnswer; about: AppraisalAnswer; provenance: Provenance; scale: [number, number] | undefined }) {
  const { spread, emulator } = draws;
  const columns: Column<CurvePoint>[] = [
    { key: "share", label: en.sure.share, value: (row) => row.share, show: (row) => percent(row.share), number: true },
    figure("enpv_musd", en.appraisal.enpv, (row) => row.enpv_musd, (value) => signed(value)),
  ];
  const marks = ([["p10", 0.1, spread.p10_musd], ["p50", 0.5, spread.p50_musd], ["p90", 0.9, spread.p90_musd]] as const).map(([key, share, value]) => ({ share, value, text: fill(en.sure.marks[key], { value: signed(value, musd) }) }));
  const off = emulator
    ? fill(emulator.worlds > 0 ? en.sure.shared : en.sure.emulated, {
        solves: count(emulator.solves),
        worlds: count(emulator.worlds),
        likely: count(emulator.likely),
        checks: count(emulator.checks),
        error: percent(emulator.error_share),
        worst: musd(emulator.worst_musd),
        sampling: musd(emulator.sampling_musd ?? 0),
      })
    : en.sure.notSolved;
  const note = `${fill(en.sure.note, { n: count(draws.draws), seed: draws.seed, whom: nameOf(about, draws.standing), worst: signed(spread.cvar_musd, musd), hurdle: percent(draws.hurdle), under: chance(draws.p_below_hurdle) })} ${off}`;
  return (
    <Figure name="s-curve" title={en.sure.curveTitle} note={note} columns={columns} rows={draws.s_curve} keyOf={(row) => String(row.share)} {...provenance}>
      <SCurve
        points={draws.s_curve.map((row) => ({ share: row.share, value: row.enpv_musd }))}
        marks={marks}
        loss={spread.p_negative > 0 ? fill(en.sure.loss, { p: chance(spread.p_negative) }) : ""}
        interval={{ low: spread.p10_low_musd, high: spread.p90_high_musd, text: en.sure.interval }}
        xAxis={en.appraisal.enpvAxis}
        yAxis={en.sure.shareAxis}
        label={en.sure.curveTitle}
        scale={scale}
      />
    </Figure>
  );
}

/** What the draws hang on, the strongest first. */
function Hangs({ draws, provenance }: { draws: DrawsAnswer; provenance: Provenance }) {
  const columns: Column<DrawnDriver>[] = [
    { key: "label", label: en.appraisal.driver, value: (row) => row.label },
    figure("low", en.sure.p10, (row) => row.low),
    figure("high", en.sure.p90, (row) => row.high),
    figure("at_low_musd", en.sure.atP10, (row) => row.at_low_musd, (value) => signed(value)),
    figure("at_high_musd", en.sure.atP90, (row) => row.at_high_musd, (value) => signed(value)),
    figure("total_order", en.sure.variance, (row) => row.total_order, percent),
    { key: "basis", label: en.sure.basis, value: (row) => row.basis, show: (row) => (row.assumed ? <>{row.basis} <span className="assumed">{en.assumed}</span></> : row.basis) },
  ];
  const bars = draws.drivers.slice(0, SHOWN).map((row): Bar => ({
    key: row.name, name: row.label,
    parts: twoEnds(row.at_low_musd - draws.base_musd, row.at_high_musd - draws.base_musd),
    label: row.total_order === null ? "" : fill(en.sure.varianceShort, { share: percent(Math.max(0, row.total_order)) }),
    note: `${fill(en.sure.from, { low: number(row.low), high: number(row.high) })}${row.assumed ? ` (${en.assumed})` : ""}`,
  }));
  return (
    <Figure name="draws-drivers" title={en.sure.hangsTitle} note={fill(en.sure.hangsNote, { base: signed(draws.base_musd, musd) })} columns={columns} rows={draws.drivers} keyOf={(row) => row.name} {...provenance}>
      <Bars bars={bars} axis={en.appraisal.tornadoAxis} label={en.sure.hangsTitle} room={130} />
    </Figure>
  );
}

function InStates({ draws, provenance }: { draws: DrawsAnswer; provenance: Provenance }) {
  if (draws.by_state.length < 2) return null;
  const columns: Column<StateDrawn>[] = [
    { key: "state", label: en.sure.state, value: (row) => row.state, show: (row) => row.name },
    figure("probability", en.sure.probability, (row) => row.probability, percent),
    figure("p10_musd", en.sure.p10, (row) => row.p10_musd, (value) => signed(value)),
    figure("p50_musd", en.sure.p50, (row) => row.p50_musd, (value) => signed(value)),
    figure("p90_musd", en.sure.p90, (row) => row.p90_musd, (value) => signed(value)),
    figure("p_negative", en.sure.lossColumn, (row) => row.p_negative, percent),
  ];
  return <Figure name="draws-states" title={en.sure.statesTitle} columns={columns} rows={draws.by_state} keyOf={(row) => row.state} {...provenance} />;
}
