/** The frontier of budgets, works and outlays over the years, sets in other futures, and who is left with what. */

import type { CostSharing, CountryNet, FrontierPoint, PortfolioAnswer, SideShare, TestedSet } from "../../api/types";
import { Bars, spanOf, type Bar } from "../../charts/Bars";
import { shortened } from "../../charts/fit";
import { Columns, type Layer } from "../../charts/Columns";
import { Lines } from "../../charts/Lines";
import { useWidth } from "../../charts/useWidth";
import { fill, musd, number, percent, signed } from "../../format/words";
import { en } from "../../i18n";
import { Figure, type Provenance } from "../../parts/Figure";
import type { Column } from "../../parts/table";
import { commandOf, useCase } from "../../state/case";
import { figure } from "../trade/Tables";
import type { Side } from ".";

/** Tones of funders, in the order of what they pay. */
const TONES = ["lapis", "turquoise", "saffron", "sage", "madder", "stone", "lapis-light", "turquoise-light"];
const ROW_PX = 24;

export function useProvenance(side: Side, found: PortfolioAnswer): Provenance {
  const caseOf = useCase();
  const options = [`--budget ${found.budget_musd}`, `--aim ${found.aim}`, `--rule-set ${side.rules}`];
  if (side.pane.setting.scenario) options.push(`--scenario ${side.pane.setting.scenario}`);
  return { meta: found.meta!, sources: found.sources, command: `${commandOf(caseOf, "portfolio", null)} ${options.join(" ")}`, answer: found };
}

const bare = (id: string) => id.split("@")[0]!;

export function Frontier({ side, near, most }: { side: Side; near: PortfolioAnswer; most: number }) {
  const provenance = useProvenance(side, near);
  const points = near.frontier.map((point) => ({ x: point.budget_musd, y: point.value_musd, label: point.added.length ? `+ ${point.added.map(bare).join(", ")}` : undefined }));
  const columns: Column<FrontierPoint>[] = [
    figure("budget_musd", en.portfolio.budgetColumn, (row) => row.budget_musd),
    figure("cost_musd", en.appraisal.cost, (row) => row.cost_musd),
    figure("value_musd", en.appraisal.enpv, (row) => row.value_musd, (value) => signed(value)),
    { key: "projects", label: en.portfolio.set, value: (row) => row.projects.join(" ") },
    { key: "added", label: en.portfolio.added, value: (row) => row.added.join(" ") },
    { key: "left_out", label: en.portfolio.leftOut, value: (row) => row.left_out.join(" ") },
  ];
  return (
    <Figure name="frontier" title={en.portfolio.frontierTitle} note={en.portfolio.frontierNote} columns={columns} rows={near.frontier} keyOf={(row) => String(row.budget_musd)} {...provenance}>
      <Lines
        lines={[{ key: "frontier", name: "", tone: "lapis", points: [{ x: 0, y: 0 }, ...points], steps: true, dots: true }]}
        rules={[{ x: side.budget, name: fill(en.portfolio.here, { budget: musd(side.budget) }) }]}
        xAxis={en.portfolio.budgetAxis}
        yAxis={en.appraisal.enpvAxis}
        yDomain={[0, most || 1]}
        label={en.portfolio.frontierTitle}
        height={200}
      />
    </Figure>
  );
}

export function Phasing({ side, found }: { side: Side; found: PortfolioAnswer }) {
  const provenance = useProvenance(side, found);
  if (found.chosen.length === 0) return null;
  const years = yearsOf(found);
  const columns: Column<PortfolioAnswer["outlays"][number]>[] = [
    { key: "year", label: en.trade.year, value: (row) => row.year, number: true },
    { key: "project", label: en.appraisal.project, value: (row) => row.project },
    { key: "funder", label: en.appraisal.funder, value: (row) => row.funder, show: (row) => row.funder_name || en.notKnown },
    { key: "instrument", label: en.appraisal.instrument, value: (row) => row.instrument },
    { key: "status", label: en.network.state, value: (row) => row.status },
    figure("musd", en.appraisal.cost, (row) => row.musd),
  ];
  return (
    <Figure name="phasing" title={en.portfolio.phasingTitle} note={en.portfolio.phasingNote} columns={columns} rows={found.outlays} keyOf={(row) => `${row.year} ${row.project} ${row.funder} ${row.instrument} ${row.status}`} {...provenance}>
      <Gantt found={found} years={years} />
      <Columns years={years} layers={funderLayers(found, years)} yAxis={en.appraisal.perYearAxis} label={en.portfolio.outlaysTitle} height={110} />
    </Figure>
  );
}

function yearsOf(found: PortfolioAnswer): number[] {
  const first = Math.min(...found.chosen.map((row) => row.start_year));
  const last = Math.max(...found.chosen.map((row) => row.opening_year));
  return Array.from({ length: last - first + 1 }, (_unused, i) => first + i);
}

function funderLayers(found: PortfolioAnswer, years: number[]): Layer[] {
  const sums = new Map<string, number[]>();
  for (const row of found.outlays) {
    const name = row.funder_name || en.portfolio.open;
    const list = sums.get(name) ?? years.map(() => 0);
    const at = years.indexOf(row.year);
    if (at >= 0) list[at]! += row.musd;
    sums.set(name, list);
  }
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
  return [...sums].sort(([, one], [, other]) => total(other) - total(one)).map(([name, values], i) => ({ key: name, name, values, tone: TONES[i % TONES.length]! }));
}

function Gantt({ found, years }: { found: PortfolioAnswer; years: number[] }) {
  const [host, width] = useWidth();
  const left = 58;
  const step = Math.max(60, width - left - 10) / years.length;
  const x = (year: number) => left + (year - years[0]!) * step;
  const rows = [...found.chosen].sort((one, other) => one.start_year - other.start_year || one.opening_year - other.opening_year);
  return (
    <div className="plot" ref={host}>
      {width > 0 && (
        <svg className="chart" width={width} height={rows.length * ROW_PX + 6} role="img" aria-label={en.portfolio.phasingTitle}>
          {rows.map((row, i) => {
            const [from, to] = [x(row.start_year), x(row.opening_year)];
            const text = `${row.project} ${row.name}, ${musd(row.cost_musd)}`;
            const inside = to + 8 > left + (width - left) * 0.55;
            return (
              <g key={row.project}>
                <rect x={from} width={Math.max(3, to - from)} y={i * ROW_PX + 4} height={ROW_PX - 10} fill="var(--lapis-light)" />
                <path d={`M${to},${i * ROW_PX + 3} v${ROW_PX - 8}`} stroke="var(--lapis)" strokeWidth="3" />
                <text x={inside ? from + 6 : to + 8} y={i * ROW_PX + 15}>
                  {shortened(fill(en.portfolio.opens, { text, year: String(row.opening_year) }), inside ? to - from - 12 : width - to - 12)}
                </text>
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

export function Robustness({ side, found }: { side: Side; found: PortfolioAnswer }) {
  const caseOf = useCase();
  const provenance = useProvenance(side, found);
  const rows = found.robustness.sets;
  if (rows.length === 0) return null;
  const states = rows[0]!.by_state.map((cell) => cell.state);
  const name = (state: string) => caseOf.scenarios.find((one) => one.id === state)?.name ?? state;
  const worst = (row: TestedSet) => Math.min(...row.by_state.map((cell) => cell.worth_musd));
  const columns: Column<TestedSet>[] = [
    { key: "projects", label: en.portfolio.set, value: (row) => row.projects.join(" "), show: (row) => row.projects.map(bare).join(", ") },
    figure("expected_musd", en.portfolio.expected, (row) => row.expected_musd, (value) => signed(value)),
    figure("cvar_musd", en.portfolio.cvar, (row) => row.cvar_musd, (value) => signed(value)),
    figure("worst_regret_musd", en.portfolio.regret, (row) => row.worst_regret_musd),
    figure("loss_share", en.portfolio.loss, (row) => row.loss_share, percent),
    ...states.map(
      (state, i): Column<TestedSet> => ({
        key: state, label: name(state), value: (row) => row.by_state[i]?.worth_musd ?? null, number: true,
        show: (row) => {
          const value = row.by_state[i]?.worth_musd ?? null;
          if (value === null) return en.notKnown;
          return value === worst(row) ? <strong className="bad">{`\u25bc ${signed(value)}`}</strong> : signed(value);
        },
      }),
    ),
  ];
  const { failures, core } = found.robustness;
  return (
    <>
      <Figure name="robustness" title={en.portfolio.robustTitle} note={fill(core.length ? en.portfolio.robustNote : en.portfolio.robustNoCore, { n: found.robustness.near_sets, core: core.map(bare).join(", ") })} columns={columns} rows={rows} keyOf={(row) => row.projects.join(" ")} lit={(row) => row === rows[0]} {...provenance} />
      {failures.length > 0 && (
        <ul className="notes">
          {failures.map((box) => (
            <li key={JSON.stringify(box.conditions)}>{fill(en.portfolio.fails, { share: percent(box.failing_share), covers: percent(box.covers_share), when: box.conditions.map((one) => `${one.dimension} ${one.level}`).join(", ") })}</li>
          ))}
        </ul>
      )}
    </>
  );
}

const sideName = (side: string, countries: Record<string, string>) => countries[side] ?? (en.portfolio.sides[side] as string | undefined) ?? en.appraisal.places[side] ?? side;

export function Countries({ side, found }: { side: Side; found: PortfolioAnswer }) {
  const caseOf = useCase();
  const provenance = useProvenance(side, found);
  const rows = found.fairness.countries;
  if (rows.length === 0) return null;
  const bars = [...rows].sort((one, other) => other.net_musd - one.net_musd).map((row): Bar => ({
    key: row.country, name: sideName(row.country, caseOf.countries), parts: [{ value: row.net_musd, tone: row.net_musd < 0 ? "madder" : "sage" }], label: musd(row.net_musd),
    note: row.capital_musd > 0 ? fill(en.portfolio.countryNote, { benefit: signed(row.benefit_musd, musd), capital: musd(row.capital_musd) }) : undefined,
  }));
  const columns: Column<CountryNet>[] = [
    { key: "country", label: en.trade.country, value: (row) => row.country, show: (row) => sideName(row.country, caseOf.countries) },
    figure("benefit_musd", en.portfolio.benefit, (row) => row.benefit_musd, (value) => signed(value)),
    figure("capital_musd", en.portfolio.capital, (row) => row.capital_musd),
    figure("net_musd", en.portfolio.net, (row) => row.net_musd, (value) => signed(value)),
  ];
  return (
    <Figure name="countries" title={en.portfolio.countriesTitle} note={en.portfolio.countriesNote} columns={columns} rows={rows} keyOf={(row) => row.country} {...provenance}>
      <Bars bars={bars} axis={en.appraisal.pvAxis} label={en.portfolio.countriesTitle} room={110} />
    </Figure>
  );
}

export function CostShares({ side, found }: { side: Side; found: PortfolioAnswer }) {
  const caseOf = useCase();
  const provenance = useProvenance(side, found);
  const rules = found.fairness.cost_shares;
  if (rules.length === 0) return null;
  const name = (text: string) => sideName(text, caseOf.countries);
  const bars = rules.map((rule) => ({
    rule,
    bars: rule.sides.map((row): Bar => ({
      key: row.side, name: name(row.side), parts: [{ value: row.cost_musd, tone: "lapis" }], mark: row.benefit_musd, label: fill(en.portfolio.pays, { cost: musd(row.cost_musd) }),
      note: fill(en.portfolio.shareNote, { benefit: signed(row.benefit_musd, musd), net: signed(row.net_musd, musd) }),
    })),
  }));
  const titled = (rule: CostSharing) => fill(en.portfolio.sharesTitle, { rule: en.portfolio.rules[rule.rule] ?? rule.rule });
  const scale = spanOf(bars.flatMap((one) => one.bars));
  const columns: Column<SideShare>[] = [
    { key: "side", label: en.portfolio.side, value: (row) => row.side, show: (row) => name(row.side) },
    figure("benefit_musd", en.portfolio.benefit, (row) => row.benefit_musd, (value) => signed(value)),
    figure("cost_musd", en.portfolio.share, (row) => row.cost_musd),
    figure("net_musd", en.portfolio.net, (row) => row.net_musd, (value) => signed(value)),
  ];
  return (
    <>
      {bars.map(({ rule, bars: drawn }) => (
        <Figure key={rule.rule} name={`cost-shares-${rule.rule}`} title={titled(rule)} note={rule.would_leave.length ? fill(en.portfolio.leave, { groups: rule.would_leave.slice(0, 3).map((one) => `${one.group.map(name).join(" + ")} (${musd(one.gain_musd)})`).join("; ") }) : en.portfolio.stay} columns={columns} rows={rule.sides} keyOf={(row) => row.side} {...provenance}>
          <Bars bars={drawn} axis={en.appraisal.pvAxis} label={titled(rule)} scale={scale} room={140} />
        </Figure>
      ))}
    </>
  );
}

/** A readiness from 0 to 1. */
export const readinessText = (score: number | null): string => (score === null ? en.notKnown : number(score, { digits: 2 }));
