/** A project, or a set of them together: what it costs and brings, to whom, in which state, and where that turns. */

import { addressOf, useAnswer } from "../../api/client";
import type { AppraisalAnswer, Cash, DrawsAnswer, DriverBar, Indicators, Outlay, PartyGain, ProjectAnswer, StateWorth } from "../../api/types";
import { Bars, spanOf, twoEnds, type Bar } from "../../charts/Bars";
import { Columns, type Layer } from "../../charts/Columns";
import { Lines } from "../../charts/Lines";
import { fill, listed, musd, musdRange, number, percent, signed } from "../../format/words";
import { en } from "../../i18n";
import { AtWork } from "../../parts/AtWork";
import { FaultCard } from "../../parts/FaultCard";
import { Figure, type Provenance } from "../../parts/Figure";
import { Notes, ScreenFrame } from "../../parts/Screen";
import type { Column } from "../../parts/table";
import { commandOf, useCase, type Pane } from "../../state/case";
import { settingParams } from "../../state/setting";
import { useAsk } from "../../state/view";
import { figure } from "../trade/Tables";
import { RULES, useStanding } from ".";
import { Basis } from "./League";
import { curveSpan, HowSure, SureAnswer, useSure, type Sure } from "./Sure";

interface Side {
  pane: Pane;
  found: ProjectAnswer;
}

/** Parties whose gain is less than this share of the largest are in the table alone. */
const SEEN_SHARE = 1e-4;

function useProject(pane: Pane | undefined, of: string) {
  const [rules] = useAsk("rules", RULES);
  const question = new URLSearchParams({ of, rule_set: rules });
  return useAnswer("get /api/appraisal/set", pane ? addressOf("/api/appraisal/set", question, settingParams({ ...pane.setting, year: "", project: [] })) : null);
}

export function Project({ panes, about, of }: { panes: Pane[]; about: AppraisalAnswer; of: string }) {
  const asked = [useProject(panes[0], of), useProject(panes[1], of)].slice(0, panes.length);
  const sure = [useSure(panes[0], of), useSure(panes[1], of)].slice(0, panes.length);
  const standing = useStanding(about);
  const fault = asked.find((one) => one.fault);
  if (fault) return <FaultCard fault={fault.fault!} again={fault.again} />;
  if (asked.some((one) => !one.data || (!one.fresh && one.data.id !== of.replaceAll(",", "+")))) return <AtWork />;
  const sides: Side[] = panes.map((pane, i) => ({ pane, found: asked[i]!.data! }));
  const scale = spanOf(sides.flatMap((side) => gainBars(side.found, {})));
  const curves = curveSpan(sure);
  return (
    <>
      {asked.some((one) => !one.fresh) && <AtWork over />}
      <ScreenFrame
        parts={sides.map((side, i) => ({
          pane: side.pane,
          answer: <Answer found={side.found} about={about} standing={standing} draws={sure[i]!.draws} />,
          picture: (
            <>
              <CashFlow side={side} standing={standing} />
              <Tornado side={side} about={about} />
              <Draws side={side} sure={sure[i]!} about={about} scale={curves} />
              <Gains side={side} scale={scale} />
              <States side={side} standing={standing} />
            </>
          ),
        }))}
        tables={sides.map((side) => (
          <Tables key={side.pane.side} side={side} standing={standing} several={sides.length > 1} />
        ))}
      />
    </>
  );
}

function useProvenance({ pane, found }: Side): Provenance {
  const caseOf = useCase();
  const [rules] = useAsk("rules", RULES);
  const own = { ...pane, state: { ...pane.state, data: null } };
  const setting = pane.state.data?.options ?? [];
  // the page obeys scenario and changes; years and projects are its own
  const kept = setting.flatMap((part, i) => (["--scenario", "--change"].includes(part) ? [part, setting[i + 1]!] : []));
  const command = [commandOf(caseOf, `appraisal ${found.id.replaceAll("+", " ")}`, own), `--rule-set ${rules}`, ...(found.id.includes("+") ? ["--together"] : []), ...kept].join(" ");
  return { meta: found.meta, sources: found.sources, command, answer: found };
}

const nameOf = (found: ProjectAnswer): string => (found.projects.length ? found.projects.map((row) => `${row.id} ${row.name}`).join(" + ") : found.id);
const stateRange = (found: ProjectAnswer, standing: string): [number, number] | null => {
  const values = found.states.map((row) => row.enpv_musd[standing]!);
  return values.length ? [Math.min(...values), Math.max(...values)] : null;
};

function Draws({ side, sure, about, scale }: { side: Side; sure: Sure; about: AppraisalAnswer; scale: [number, number] | undefined }) {
  return <HowSure sure={sure} found={side.found} about={about} provenance={useProvenance(side)} scale={scale} />;
}

/** The rate of return; a stream may have several, or none. */
function rateOf(row: Indicators): string {
  if (row.eirr !== null) return percent(row.eirr);
  return row.eirr_roots.length > 1 ? en.appraisal.severalRoots : en.appraisal.noRate;
}

/** When what is laid out has come back; where nothing is, there is nothing to wait for. */
function payback(years: number | null): string {
  if (years === null) return en.appraisal.never;
  return years === 0 ? en.appraisal.nothingOut : fill(en.appraisal.years, { n: number(years) });
}

function Answer({ found, about, standing, draws }: { found: ProjectAnswer; about: AppraisalAnswer; standing: string; draws: DrawsAnswer | null }) {
  const whom = about.standings.find((one) => one.id === standing)!.name;
  const mine = found.indicators.find((row) => row.standing === standing);
  const range = stateRange(found, standing);
  const enpv = mine?.enpv_musd ?? null;
  const sentence =
    enpv === null || !found.valued
      ? fill(en.appraisal.notValued, { name: nameOf(found), why: found.why_not })
      : fill(enpv >= 0 ? en.appraisal.gains : en.appraisal.loses, { name: nameOf(found), cost: musd(found.cost_musd), whom, worth: musd(Math.abs(enpv)), low: signed(range![0], musd), high: signed(range![1], musd) });
  return (
    <>
      <p className="sentence" data-answer="appraisal" data-musd={enpv ?? ""} data-of={found.id} aria-live="polite">
        {sentence}
      </p>
      {draws && <SureAnswer draws={draws} about={about} />}
      {found.valued && !found.ranked && <p>{fill(en.appraisal.notRanked, { why: found.why_not })}</p>}
      <Turning found={found} about={about} />
      <dl className="figures">
        {found.indicators.map((row) => (
          <div key={row.standing}>
            <dt>{fill(en.appraisal.enpvOf, { whom: row.name })}</dt>
            <dd className={row.enpv_musd === null ? "" : row.enpv_musd < 0 ? "bad" : "good"}>{row.enpv_musd === null ? en.notKnown : signed(row.enpv_musd, musd)}</dd>
          </div>
        ))}
        {mine && (
          <>
            <Line name={en.appraisal.eirr} text={rateOf(mine)} />
            <Line name={en.appraisal.bcr} text={mine.bcr === null ? en.appraisal.noFigure : number(mine.bcr)} />
            <Line name={en.appraisal.payback} text={payback(mine.payback_years)} />
          </>
        )}
      </dl>
      {found.projects.map((row) => (
        <p className="quiet" key={row.id}>
          {fill(en.appraisal.evidence, { id: row.id, year: String(row.opening_year), cost: row.cost_musd === null ? musd(null) : musdRange(row.cost_musd, row.cost_low_musd ?? row.cost_musd, row.cost_high_musd ?? row.cost_musd) })} {en.appraisal.costBasis}: <Basis basis={row.cost_basis} />; {en.appraisal.effectBasis}: <Basis basis={row.effect_basis} />.
        </p>
      ))}
      <Notes notes={found.notes} />
    </>
  );
}

function Turning({ found, about }: { found: ProjectAnswer; about: AppraisalAnswer }) {
  const { turning } = found;
  const whom = about.standings.find((one) => one.id === found.headline)!.name;
  const parts: string[] = [];
  if (turning.cost_musd !== null) parts.push(fill(en.appraisal.turnsCost, { cost: musd(turning.cost_musd) }));
  if (turning.mt_per_year !== null && turning.traffic_mt_per_year !== null) parts.push(fill(en.appraisal.turnsMt, { wanted: number(turning.mt_per_year), expected: number(turning.traffic_mt_per_year) }));
  if (turning.closure_share !== null) parts.push(fill(en.appraisal.turnsClosure, { share: percent(turning.closure_share) }));
  if (parts.length === 0) return null;
  return <p>{fill(en.appraisal.turns, { whom, parts: listed(parts) })}</p>;
}

function Line({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}

// cash flow -----------------------------------------------------------------------------------------------------------------

const GROUPS: [string, string, (effect: string) => boolean][] = [
  ["works", "madder", (effect) => effect === "capital"],
  ["upkeep", "band-none", (effect) => effect === "upkeep"],
  ["users", "lapis", (effect) => effect.startsWith("user_")],
  ["payees", "turquoise", (effect) => ["operator", "treasury", "transit_fee", "rent"].includes(effect)],
  ["residual", "saffron", (effect) => effect === "residual_value"],
  ["others", "sage", () => true],
];

function layersOf(cash: Cash, years: number): Layer[] {
  const taken = new Set<string>();
  return GROUPS.flatMap(([key, tone, fits]) => {
    const streams = cash.streams.filter((stream) => !taken.has(stream.effect) && fits(stream.effect));
    for (const stream of streams) taken.add(stream.effect);
    const values = Array.from({ length: years }, (_unused, i) => streams.reduce((sum, stream) => sum + stream.musd[i]!, 0));
    return values.some((value) => Math.abs(value) > 1e-9) ? [{ key, tone, name: en.appraisal.groups[key]!, values }] : [];
  });
}

const effectName = (effect: string) => en.appraisal.effects[effect] ?? effect.replaceAll("_", " ");

function CashFlow({ side, standing }: { side: Side; standing: string }) {
  const provenance = useProvenance(side);
  const { found } = side;
  const cash = found.cash.find((one) => one.standing === standing);
  if (!cash) return null;
  const rows = found.years.map((year, i) => ({ year, i }));
  type Row = (typeof rows)[number];
  const columns: Column<Row>[] = [
    { key: "year", label: en.trade.year, value: (row) => row.year, number: true },
    ...cash.streams.map((stream) => figure<Row>(`${stream.effect}_musd`, effectName(stream.effect), (row) => stream.musd[row.i]!, (value) => signed(value))),
    figure("net_musd", en.appraisal.net, (row) => cash.net_musd[row.i]!, (value) => signed(value)),
    figure("sum_pv_musd", en.appraisal.sumPv, (row) => cash.sum_pv_musd[row.i]!, (value) => signed(value)),
  ];
  const points = found.years.map((year, i) => ({ x: year, y: cash.sum_pv_musd[i]! }));
  return (
    <Figure name="cash-flow" title={en.appraisal.cashTitle} note={fill(en.appraisal.cashNote, { rate: percent(found.rate) })} columns={columns} rows={rows} keyOf={(row) => String(row.year)} {...provenance}>
      <Columns years={found.years} layers={layersOf(cash, found.years.length)} net={{ name: en.appraisal.net, values: cash.net_musd }} yAxis={en.appraisal.perYearAxis} label={en.appraisal.cashTitle} />
      <Lines lines={[{ key: "sum", name: en.appraisal.sumPv, tone: "ink", points }]} xAxis="" yAxis={en.appraisal.sumAxis} label={en.appraisal.sumPv} height={110} sayX={(value) => String(Math.round(value))} />
    </Figure>
  );
}

// what it hangs on ------------------------------------------------------------------------------------------------------------

function Tornado({ side, about }: { side: Side; about: AppraisalAnswer }) {
  const provenance = useProvenance(side);
  const { drivers } = side.found;
  const base = side.found.indicators.find((row) => row.standing === side.found.headline)?.enpv_musd ?? 0;
  if (drivers.length === 0) return null;
  const sorted = [...drivers].sort((one, other) => Math.abs(other.enpv_high_musd - other.enpv_low_musd) - Math.abs(one.enpv_high_musd - one.enpv_low_musd));
  const value = (row: DriverBar, size: number) => `${number(row.unit === "share" ? 100 * size : size)}${row.unit && row.unit !== "x" ? ` ${row.unit === "share" ? "%" : row.unit}` : ""}`;
  const bars = sorted.map((row): Bar => ({
    key: row.name, name: en.appraisal.drivers[row.name] ?? row.name,
    parts: twoEnds(row.enpv_low_musd - base, row.enpv_high_musd - base),
    label: row.switching_value === null ? en.appraisal.noSwitch : fill(en.appraisal.switches, { value: value(row, row.switching_value) }),
    note: fill(en.appraisal.driverNote, { base: value(row, row.base), low: value(row, row.low), high: value(row, row.high) }),
  }));
  const columns: Column<DriverBar>[] = [
    { key: "name", label: en.appraisal.driver, value: (row) => row.name, show: (row) => en.appraisal.drivers[row.name] ?? row.name },
    figure("base", en.appraisal.baseValue, (row) => row.base),
    figure("low", en.trade.low, (row) => row.low),
    figure("high", en.trade.high, (row) => row.high),
    { key: "unit", label: en.appraisal.unit, value: (row) => row.unit },
    figure("enpv_low_musd", en.appraisal.atLow, (row) => row.enpv_low_musd, (size) => signed(size)),
    figure("enpv_high_musd", en.appraisal.atHigh, (row) => row.enpv_high_musd, (size) => signed(size)),
    figure("switching_value", en.appraisal.switching, (row) => row.switching_value),
  ];
  const whom = about.standings.find((one) => one.id === side.found.headline)!.name;
  return (
    <Figure name="tornado" title={en.appraisal.tornadoTitle} note={fill(en.appraisal.tornadoNote, { whom, base: signed(base, musd) })} columns={columns} rows={sorted} keyOf={(row) => row.name} {...provenance}>
      <Bars bars={bars} axis={en.appraisal.tornadoAxis} label={en.appraisal.tornadoTitle} room={150} />
    </Figure>
  );
}

// who gains -------------------------------------------------------------------------------------------------------------------

const partyName = (party: string) => en.appraisal.parties[party] ?? party.replaceAll("_", " ");

function gainBars(found: ProjectAnswer, countries: Record<string, string>): Bar[] {
  const total = (row: PartyGain) => row.benefit_musd + row.transfer_musd;
  const most = Math.max(0, ...found.gains.map((row) => Math.abs(total(row))));
  const sum = found.gains.reduce((all, row) => all + total(row), 0);
  const bar = (key: string, name: string, value: number, note?: string): Bar => ({ key, name, parts: [{ value, tone: value < 0 ? "madder" : "sage" }], label: musd(value), note });
  const rows = [...found.gains].filter((row) => Math.abs(total(row)) > SEEN_SHARE * most).sort((one, other) => total(other) - total(one));
  return [
    bar("all", en.appraisal.everybody, sum),
    ...rows.map((row) =>
      bar(`${row.country} ${row.party}`, fill(en.appraisal.partyOf, { party: partyName(row.party), country: countries[row.country] ?? en.appraisal.places[row.country] ?? row.country }), total(row), row.transfer_musd === 0 ? undefined : fill(en.appraisal.gainNote, { benefit: signed(row.benefit_musd, musd), transfer: signed(row.transfer_musd, musd) })),
    ),
  ];
}

function Gains({ side, scale }: { side: Side; scale: [number, number] }) {
  const caseOf = useCase();
  const provenance = useProvenance(side);
  const { found } = side;
  if (found.gains.length === 0) return null;
  const columns: Column<PartyGain>[] = [
    { key: "country", label: en.trade.country, value: (row) => row.country, show: (row) => caseOf.countries[row.country] ?? en.appraisal.places[row.country] ?? row.country },
    { key: "party", label: en.appraisal.party, value: (row) => row.party, show: (row) => partyName(row.party) },
    figure("benefit_musd", en.appraisal.benefit, (row) => row.benefit_musd, (value) => signed(value)),
    figure("transfer_musd", en.appraisal.transfer, (row) => row.transfer_musd, (value) => signed(value)),
    figure("total_musd", en.appraisal.both, (row) => row.benefit_musd + row.transfer_musd, (value) => signed(value)),
  ];
  return (
    <Figure name="who-gains" title={en.appraisal.gainsTitle} note={en.appraisal.gainsNote} columns={columns} rows={found.gains} keyOf={(row) => `${row.country} ${row.party}`} {...provenance}>
      <Bars bars={gainBars(found, caseOf.countries)} axis={en.appraisal.pvAxis} label={en.appraisal.gainsTitle} scale={scale} room={110} />
    </Figure>
  );
}

function States({ side, standing }: { side: Side; standing: string }) {
  const provenance = useProvenance(side);
  const rows = side.found.states;
  if (rows.length === 0) return null;
  const bars = rows.map((row): Bar => {
    const value = row.enpv_musd[standing]!;
    return { key: row.state, name: row.name, parts: [{ value, tone: value < 0 ? "madder" : "sage" }], label: musd(value), note: fill(en.appraisal.stateNote, { share: percent(row.probability) }) };
  });
  const columns: Column<StateWorth>[] = [
    { key: "state", label: en.trade.state, value: (row) => row.state, show: (row) => row.name },
    figure("probability", en.trade.probability, (row) => row.probability, percent),
    figure("enpv_musd", en.appraisal.enpv, (row) => row.enpv_musd[standing]!, (value) => signed(value)),
  ];
  return (
    <Figure name="states" title={en.appraisal.statesTitle} note={en.appraisal.statesNote} columns={columns} rows={rows} keyOf={(row) => row.state} {...provenance}>
      <Bars bars={bars} axis={en.appraisal.enpvAxis} label={en.appraisal.statesTitle} room={110} />
    </Figure>
  );
}

function Tables({ side, several }: { side: Side; standing: string; several: boolean }) {
  const caseOf = useCase();
  const provenance = useProvenance(side);
  const { found } = side;
  const suffix = several ? ` (${en.whatIf.sides[side.pane.side]})` : "";
  const columns: Column<Indicators>[] = [
    { key: "standing", label: en.appraisal.standing, value: (row) => row.standing, show: (row) => row.name },
    figure("enpv_musd", en.appraisal.enpv, (row) => row.enpv_musd, (value) => signed(value)),
    { key: "eirr", label: en.appraisal.eirr, value: (row) => row.eirr, show: rateOf, number: true },
    figure("mirr", en.appraisal.mirr, (row) => row.mirr, percent, en.appraisal.noFigure),
    figure("bcr", en.appraisal.bcr, (row) => row.bcr, (value) => number(value), en.appraisal.noFigure),
    figure("first_year_return", en.appraisal.firstYear, (row) => row.first_year_return, percent, en.appraisal.noFigure),
    { key: "payback_years", label: en.appraisal.payback, value: (row) => row.payback_years, show: (row) => payback(row.payback_years), number: true },
  ];
  const outlays: Column<Outlay>[] = [
    { key: "year", label: en.trade.year, value: (row) => row.year, number: true },
    { key: "project", label: en.appraisal.project, value: (row) => row.project },
    { key: "country", label: en.trade.country, value: (row) => row.country, show: (row) => caseOf.countries[row.country] ?? row.country },
    { key: "funder", label: en.appraisal.funder, value: (row) => row.funder, show: (row) => row.funder || en.notKnown },
    { key: "instrument", label: en.appraisal.instrument, value: (row) => row.instrument },
    figure("musd", en.appraisal.cost, (row) => row.musd),
  ];
  return (
    <>
      <Figure name="indicators" title={en.appraisal.indicatorsTitle + suffix} columns={columns} rows={found.indicators} keyOf={(row) => row.standing} {...provenance} />
      {found.outlays.length > 0 && <Figure name="outlays" title={en.appraisal.outlaysTitle + suffix} columns={outlays} rows={found.outlays} keyOf={(row) => `${row.year} ${row.project} ${row.country} ${row.funder} ${row.instrument}`} {...provenance} />}
    </>
  );
}

