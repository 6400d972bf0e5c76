/** Who gains, what grows, what travels both ways, what passes through, and what is reckoned with. */

import type { BothWays, Good, Passing, StateShare, TradeAnswer, TradePair, Variant, YearAfter } from "../../api/types";
import { Bars, type Bar } from "../../charts/Bars";
import { Lines } from "../../charts/Lines";
import { count, fill, musd, number, percent, signed, tonnes } from "../../format/words";
import { en } from "../../i18n";
import { Figure } from "../../parts/Figure";
import type { Column } from "../../parts/table";
import { useCase } from "../../state/case";
import { bySize, gainBars, isStill, LEAST_MUSD, rangeOf, useProvenance, useProvenanceOfWhole, type Side } from "./rows";
import { economyColumns, figure } from "./Tables";

const SHOWN = 12;
/** A small change in per cent; less than a hundred-thousandth of one is what the fixed point leaves. */
const cent = (share: number) => `${number(Math.abs(share) < 1e-7 ? 0 : 100 * share, { digits: 2 })} %`;

export function Gains({ side, scale }: { side: Side; scale: [number, number] }) {
  const provenance = useProvenance(side);
  return (
    <Figure name="who-gains" title={en.trade.gainsTitle} note={en.trade.gainsNote} columns={economyColumns()} rows={side.trade.economies} keyOf={(row) => row.id} {...provenance}>
      {isStill(side.trade) ? <p className="quiet">{en.trade.noneGrows}</p> : <Bars bars={gainBars(side.trade)} axis={en.trade.musdAxis} label={en.trade.gainsTitle} scale={scale} room={110} />}
    </Figure>
  );
}

function nothingOr(bars: Bar[], axis: string, label: string, room = 110) {
  return bars.length ? <Bars bars={bars} axis={axis} label={label} room={room} /> : <p className="quiet">{en.trade.noneGrows}</p>;
}

export function Pairs({ side }: { side: Side }) {
  const provenance = useProvenance(side);
  const name = (id: string) => side.trade.economies.find((row) => row.id === id)?.name ?? id;
  const way = (row: TradePair) => fill(en.flows.way, { from: name(row.exporter), to: name(row.importer) });
  const shown = bySize(side.trade.pairs, (row) => row.change_musd).filter((row) => Math.abs(row.change_musd) >= LEAST_MUSD).slice(0, SHOWN);
  const bars = shown.map((row): Bar => ({
    key: `${row.exporter} ${row.importer}`, name: way(row), label: signed(row.change_musd, musd), parts: [{ value: row.change_musd, tone: row.change_musd < 0 ? "madder" : "lapis" }],
    note: fill(en.trade.pairNote, { cost: signed(row.tau_hat - 1, cent), before: musd(row.value_musd), tonnes: signed(row.flow_after_t_per_year - row.flow_t_per_year, tonnes) }),
  }));
  const columns: Column<TradePair>[] = [
    { key: "exporter", label: en.network.from, value: (row) => row.exporter, show: (row) => name(row.exporter) },
    { key: "importer", label: en.network.to, value: (row) => row.importer, show: (row) => name(row.importer) },
    figure("tau_hat", en.trade.cost, (row) => row.tau_hat, (value) => signed(value - 1, cent)),
    figure("value_musd", en.trade.before, (row) => row.value_musd),
    figure("value_after_musd", en.trade.after, (row) => row.value_after_musd),
    figure("change_musd", en.trade.change, (row) => row.change_musd, (value) => signed(value)),
    figure("flow_t_per_year", en.trade.tBefore, (row) => row.flow_t_per_year, tonnes),
    figure("flow_after_t_per_year", en.trade.tAfter, (row) => row.flow_after_t_per_year, tonnes),
  ];
  return (
    <Figure name="pairs" title={en.trade.pairsTitle} columns={columns} rows={bySize(side.trade.pairs, (row) => row.change_musd)} keyOf={(row) => `${row.exporter} ${row.importer}`} {...provenance}>
      {nothingOr(bars, en.trade.musdAxis, en.trade.pairsTitle)}
    </Figure>
  );
}

export function Goods({ side }: { side: Side }) {
  const provenance = useProvenance(side);
  const rows = bySize(side.trade.commodities, (row) => row.change_musd);
  const bars = rows
    .filter((row) => Math.abs(row.change_musd) >= LEAST_MUSD)
    .slice(0, SHOWN)
    .map((row): Bar => ({
      key: row.commodity, name: row.name, label: signed(row.change_musd, musd), parts: [{ value: row.change_musd, tone: row.change_musd < 0 ? "madder" : "turquoise" }],
      note: fill(en.trade.goodNote, { before: musd(row.value_musd), tonnes: signed(row.flow_after_t_per_year - row.flow_t_per_year, tonnes) }),
    }));
  const columns: Column<Good>[] = [
    { key: "commodity", label: en.routes.goods, value: (row) => row.name },
    figure("value_musd", en.trade.before, (row) => row.value_musd),
    figure("value_after_musd", en.trade.after, (row) => row.value_after_musd),
    figure("change_musd", en.trade.change, (row) => row.change_musd, (value) => signed(value)),
    figure("flow_t_per_year", en.trade.tBefore, (row) => row.flow_t_per_year, tonnes),
    figure("flow_after_t_per_year", en.trade.tAfter, (row) => row.flow_after_t_per_year, tonnes),
  ];
  return (
    <Figure name="goods" title={en.trade.goodsTitle} columns={columns} rows={rows} keyOf={(row) => row.commodity} {...provenance}>
      {nothingOr(bars, en.trade.musdAxis, en.trade.goodsTitle)}
    </Figure>
  );
}

/** What a first look has not: it stands as it was until the answer is there. */
interface Whole {
  side: Side;
  whole: TradeAnswer;
}

export function Both({ side, whole }: Whole) {
  const provenance = useProvenanceOfWhole(side, whole);
  const name = (id: string) => side.trade.economies.find((row) => row.id === id)?.name ?? id;
  const rows = whole.directions;
  if (rows.length === 0) return null;
  const [one, other] = side.trade.pair;
  const own = rows.find((row) => [row.economy, row.partner].every((id) => id === one || id === other));
  const shown = rows.slice(0, SHOWN);
  // the case's own pair is there, however small
  if (own && !shown.includes(own)) shown.push(own);
  const bars = shown.map((row): Bar => ({
    key: `${row.economy} ${row.partner}`, name: fill(en.trade.pairOf, { one: name(row.economy), other: name(row.partner) }),
    parts: [{ value: row.forward_t_per_year / 1e6, tone: "lapis" }, { value: -row.backward_t_per_year / 1e6, tone: "turquoise" }],
    label: `${tonnes(row.backward_t_per_year)} | ${tonnes(row.forward_t_per_year)}`,
    note: emptyNote(row),
  }));
  const columns: Column<BothWays>[] = [
    { key: "economy", label: en.network.from, value: (row) => row.economy, show: (row) => name(row.economy) },
    { key: "partner", label: en.network.to, value: (row) => row.partner, show: (row) => name(row.partner) },
    figure("forward_t_per_year", en.flows.there, (row) => row.forward_t_per_year, tonnes),
    figure("backward_t_per_year", en.flows.back, (row) => row.backward_t_per_year, tonnes),
    figure("trains_forward_per_day", en.trade.trainsThere, (row) => row.trains_forward_per_day),
    figure("trains_backward_per_day", en.trade.trainsBack, (row) => row.trains_backward_per_day),
    figure("trains_empty_share", en.trade.trainsEmpty, (row) => row.trains_empty_share, percent),
    figure("trucks_forward_per_day", en.trade.trucksThere, (row) => row.trucks_forward_per_day),
    figure("trucks_backward_per_day", en.trade.trucksBack, (row) => row.trucks_backward_per_day),
    figure("trucks_empty_share", en.trade.trucksEmpty, (row) => row.trucks_empty_share, percent),
  ];
  const title = fill(en.trade.bothTitle, { scenario: String(whole.meta.setting.scenario) });
  return (
    <Figure name="both-ways" title={title} note={en.trade.bothNote} columns={columns} rows={rows} keyOf={(row) => `${row.economy} ${row.partner}`} {...provenance}>
      <Bars bars={bars} axis={en.trade.bothAxis} label={title} absolute />
    </Figure>
  );
}

function emptyNote(row: BothWays): string {
  const parts: string[] = [];
  const say = (text: string, there: number, back: number, empty: number) => {
    if (there + back > 0.05) parts.push(fill(text, { there: number(there, { digits: 2 }), back: number(back, { digits: 2 }), empty: percent(empty) }));
  };
  say(en.trade.trains, row.trains_forward_per_day, row.trains_backward_per_day, row.trains_empty_share);
  say(en.trade.trucks, row.trucks_forward_per_day, row.trucks_backward_per_day, row.trucks_empty_share);
  return parts.join("; ");
}

export function Transit({ side, whole }: Whole) {
  const caseOf = useCase();
  const provenance = useProvenanceOfWhole(side, whole);
  const name = (code: string) => caseOf.countries[code] ?? code;
  const rows = bySize(whole.countries, (row) => row.transit_t_per_year);
  const bars = rows
    .filter((row) => row.transit_t_per_year >= 1)
    .slice(0, SHOWN)
    .map((row): Bar => ({
      key: row.country, name: name(row.country), parts: [{ value: row.transit_t_per_year / 1e6, tone: "lapis" }], label: tonnes(row.transit_t_per_year),
      note: fill(en.trade.transitNote, { change: signed(row.transit_t_per_year_change, tonnes), own: tonnes(row.export_t_per_year + row.import_t_per_year) }),
    }));
  const columns: Column<Passing>[] = [
    { key: "country", label: en.trade.country, value: (row) => row.country, show: (row) => name(row.country) },
    figure("transit_t_per_year", en.trade.transit, (row) => row.transit_t_per_year, tonnes),
    figure("transit_t_per_year_change", en.trade.change, (row) => row.transit_t_per_year_change, (value) => signed(value, tonnes)),
    figure("export_t_per_year", en.trade.exports, (row) => row.export_t_per_year, tonnes),
    figure("import_t_per_year", en.trade.imports, (row) => row.import_t_per_year, tonnes),
    figure("domestic_t_per_year", en.trade.domestic, (row) => row.domestic_t_per_year, tonnes),
  ];
  return (
    <Figure name="transit" title={en.trade.transitTitle} columns={columns} rows={rows} keyOf={(row) => row.country} {...provenance}>
      {nothingOr(bars, en.flows.mtAxis, en.trade.transitTitle, 84)}
    </Figure>
  );
}

export function States({ side }: { side: Side }) {
  const provenance = useProvenance(side);
  const rows = side.trade.states;
  const bars = rows.map((row): Bar => ({ key: row.state, name: row.name, parts: [{ value: 100 * row.probability, tone: row.state === "open" ? "lapis" : "madder", hollow: row.state !== "open" }], label: percent(row.probability) }));
  return (
    <Figure
      name="states"
      title={en.trade.statesTitle}
      note={en.trade.statesNote}
      columns={[
        { key: "state", label: en.trade.state, value: (row: StateShare) => row.state, show: (row) => row.name },
        figure("probability", en.trade.probability, (row: StateShare) => row.probability, percent),
      ]}
      rows={rows}
      keyOf={(row) => row.state}
      {...provenance}
    >
      <Bars bars={bars} axis={en.trade.shareAxis} label={en.trade.statesTitle} scale={[0, 100]} room={72} />
    </Figure>
  );
}

export function Years({ side }: { side: Side }) {
  const provenance = useProvenance(side);
  const { path, sensitivity } = side.trade;
  const [low, high] = rangeOf(side.trade);
  const own = side.trade.world.equivalent_variation_musd;
  // the range is known of the settled world; on the way there it is taken in proportion
  const scale = (value: number, end: number) => (own === 0 ? value : (value * end) / own);
  const points = path.map((row) => ({ x: row.year, y: row.equivalent_variation_musd, low: scale(row.equivalent_variation_musd, low), high: scale(row.equivalent_variation_musd, high) }));
  const columns: Column<YearAfter>[] = [
    { key: "year", label: en.trade.year, value: (row) => row.year, number: true },
    figure("elasticity_share", en.trade.works, (row) => row.elasticity_share, percent),
    figure("equivalent_variation_musd", en.trade.gain, (row) => row.equivalent_variation_musd),
    figure("trade_after_musd", en.trade.tradeAfter, (row) => row.trade_after_musd),
  ];
  const variants: Column<Variant>[] = [
    { key: "what", label: en.trade.variant, value: (row) => row.what, show: (row) => en.trade.variants[row.what] ?? row.what },
    figure("theta", en.trade.theta, (row) => row.theta),
    figure("equivalent_variation_musd", en.trade.gain, (row) => row.equivalent_variation_musd),
    figure("rule_of_half_musd", en.trade.half, (row) => row.rule_of_half_musd),
    figure("trade_after_musd", en.trade.tradeAfter, (row) => row.trade_after_musd),
  ];
  return (
    <>
      <Figure name="years" title={en.trade.yearsTitle} note={fill(en.trade.yearsNote, { share: percent(path[0]?.elasticity_share ?? 1) })} columns={columns} rows={path} keyOf={(row) => String(row.year)} {...provenance}>
        <Lines lines={[{ key: "gain", name: en.trade.gain, tone: "lapis", points, dots: true }]} xAxis={en.trade.yearsAxis} yAxis={en.trade.musdAxis} label={en.trade.yearsTitle} height={170} sayX={(value) => count(value)} />
      </Figure>
      <Figure name="sensitivity" title={en.trade.sensitivityTitle} columns={variants} rows={sensitivity} keyOf={(row) => `${row.what} ${row.theta}`} {...provenance} />
    </>
  );
}
