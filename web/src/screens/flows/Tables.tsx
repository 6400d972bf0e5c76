/** The tables of the screen, and their columns. */

import { useMemo } from "react";
import type { Bottleneck, CrossingFlow, ModeFlow, Screenline, ShapeAnswer } from "../../api/types";
import { days, number, percent, tonnes } from "../../format/words";
import { en } from "../../i18n";
import { Figure } from "../../parts/Figure";
import type { Column } from "../../parts/table";
import { PickButton } from "../network";
import type { Side } from ".";
import { linkRows, placeName, useProvenance, type LinkRow } from "./rows";

const t = (key: string, label: string, value: (row: never) => number | null): Column<never> => ({ key, label, value, show: (row) => tonnes(value(row)), number: true });

export function linkColumns(): Column<LinkRow>[] {
  return [
    { key: "link_id", label: en.network.link, value: (row) => `${row.name} ${row.id}`, show: (row) => <PickButton name={row.name} pick={`link:${row.id}`} /> },
    { key: "mode", label: en.network.mode, value: (row) => row.mode, show: (row) => en.modes[row.mode] },
    t("flow_t_per_year", en.flows.perYear, (row: LinkRow) => row.total) as Column<LinkRow>,
    t("forward_t_per_year", en.flows.there, (row: LinkRow) => row.there) as Column<LinkRow>,
    t("backward_t_per_year", en.flows.back, (row: LinkRow) => row.back) as Column<LinkRow>,
    { key: "vehicles_per_day", label: en.flows.vehicles, value: (row) => row.vehicles, show: (row) => number(row.vehicles), number: true },
    { key: "empties_per_day", label: en.flows.empties, value: (row) => row.empties, show: (row) => number(row.empties), number: true },
    { key: "capacity_t_per_day", label: en.network.capacity, value: (row) => row.capacity, show: (row) => number(row.capacity), number: true },
    { key: "utilisation", label: en.flows.utilisation, value: (row) => row.use, show: (row) => percent(row.use), number: true },
    { key: "price_usd_per_t", label: en.flows.price, value: (row) => row.price, show: (row) => (row.price > 0 ? number(row.price) : ""), number: true },
    { key: "assumed", label: en.case.assumed, value: (row) => row.assumed, show: (row) => (row.assumed ? <span className="assumed">{en.assumed}</span> : "") },
  ];
}

export function bottleneckColumns(shape: ShapeAnswer): Column<Bottleneck>[] {
  return [
    { key: "resource", label: en.flows.bottleneck, value: (row) => `${placeName(shape, row)} ${row.resource}`, show: (row) => <PickButton name={placeName(shape, row)} pick={`${row.table}:${row.row}`} /> },
    { key: "mode", label: en.network.mode, value: (row) => row.mode, show: (row) => en.modes[row.mode] ?? row.mode },
    { key: "capacity_t_per_day", label: en.network.capacity, value: (row) => row.capacity_t_per_day, show: (row) => number(row.capacity_t_per_day), number: true },
    { key: "utilisation", label: en.flows.utilisation, value: (row) => row.utilisation, show: (row) => percent(row.utilisation), number: true },
    { key: "price_usd_per_t", label: en.flows.price, value: (row) => row.price_usd_per_t, show: (row) => (row.price_usd_per_t > 0 ? number(row.price_usd_per_t) : ""), number: true },
    { key: "queue_h", label: en.flows.queue, value: (row) => row.queue_h, show: (row) => (row.queue_h > 0 ? days(row.queue_h) : ""), number: true },
    { key: "cost_musd_per_year", label: en.flows.musdYear, value: (row) => row.cost_musd_per_year, show: (row) => (row.cost_musd_per_year > 0 ? number(row.cost_musd_per_year) : ""), number: true },
    { key: "owner_name", label: en.flows.goesTo, value: (row) => (row.clearing === "queue" ? en.flows.lost : row.owner_name) },
    { key: "assumed", label: en.case.assumed, value: (row) => row.assumed, show: (row) => (row.assumed ? <span className="assumed">{en.assumed}</span> : "") },
  ];
}

export function crossingColumns(countries: Record<string, string>): Column<CrossingFlow>[] {
  return [
    { key: "border_id", label: en.network.crossing, value: (row) => `${row.name} ${row.border_id}`, show: (row) => <PickButton name={row.name} pick={`border:${row.border_id}`} /> },
    { key: "mode", label: en.network.mode, value: (row) => row.mode, show: (row) => en.modes[row.mode] },
    { key: "from_country", label: en.network.from, value: (row) => row.from_country, show: (row) => countries[row.from_country] ?? row.from_country },
    { key: "to_country", label: en.network.to, value: (row) => row.to_country, show: (row) => countries[row.to_country] ?? row.to_country },
    { key: "status", label: en.network.state, value: (row) => row.status, show: (row) => <span className={row.status === "open" ? "" : "bad"}>{en.status[row.status]}</span> },
    { key: "flow_t_per_year", label: en.flows.perYear, value: (row) => row.flow_t_per_year, show: (row) => tonnes(row.flow_t_per_year), number: true },
    { key: "capacity_t_per_day", label: en.network.capacity, value: (row) => row.capacity_t_per_day, show: (row) => number(row.capacity_t_per_day), number: true },
    { key: "utilisation", label: en.flows.utilisation, value: (row) => row.utilisation, show: (row) => percent(row.utilisation), number: true },
  ];
}

export function screenlineColumns(): Column<Screenline>[] {
  return [
    { key: "count_id", label: en.flows.count, value: (row) => `${row.name} ${row.count_id}`, show: (row) => <PickButton name={row.name} pick={`count:${row.count_id}`} /> },
    { key: "use", label: en.flows.use, value: (row) => row.use, show: (row) => en.flows.useOf[row.use] ?? row.use },
    { key: "period", label: en.flows.period, value: (row) => row.period },
    { key: "counted_t_per_year", label: en.flows.counted, value: (row) => row.counted_t_per_year, show: (row) => tonnes(row.counted_t_per_year), number: true },
    { key: "counted_low_t_per_year", label: en.flows.low, value: (row) => row.counted_low_t_per_year, show: (row) => tonnes(row.counted_low_t_per_year), number: true },
    { key: "counted_high_t_per_year", label: en.flows.high, value: (row) => row.counted_high_t_per_year, show: (row) => tonnes(row.counted_high_t_per_year), number: true },
    { key: "modelled_t_per_year", label: en.flows.modelled, value: (row) => row.modelled_t_per_year, show: (row) => tonnes(row.modelled_t_per_year), number: true },
    { key: "ratio", label: en.flows.ratio, value: (row) => row.ratio, show: (row) => number(row.ratio, { digits: 2 }), number: true },
    { key: "constant_usd_per_t", label: en.flows.constant, value: (row) => row.constant_usd_per_t, show: (row) => (row.constant_usd_per_t === null ? "" : number(row.constant_usd_per_t, { digits: 2 })), number: true },
    { key: "hit", label: en.flows.hit, value: (row) => row.hit, show: (row) => <span className={row.hit ? "" : "bad"}>{row.hit ? en.facts.yes : en.facts.no}</span> },
  ];
}

function modeColumns(): Column<ModeFlow>[] {
  return [
    { key: "mode", label: en.network.mode, value: (row) => row.mode, show: (row) => en.modes[row.mode] },
    { key: "tkm_per_year", label: en.flows.tkm, value: (row) => row.tkm_per_year, show: (row) => number(row.tkm_per_year / 1e9), number: true },
    { key: "vehicle_km_per_year", label: en.flows.vehicleKm, value: (row) => row.vehicle_km_per_year, show: (row) => number(row.vehicle_km_per_year / 1e6), number: true },
    { key: "empty_km_per_year", label: en.flows.emptyKm, value: (row) => row.empty_km_per_year, show: (row) => number(row.empty_km_per_year / 1e6), number: true },
    { key: "empty_resource_usd_per_year", label: en.flows.emptyCost, value: (row) => row.empty_resource_usd_per_year, show: (row) => number(row.empty_resource_usd_per_year / 1e6), number: true },
    { key: "empty_co2e_t_per_year", label: en.flows.emptyCo2e, value: (row) => row.empty_co2e_t_per_year, show: (row) => tonnes(row.empty_co2e_t_per_year), number: true },
  ];
}

export function Tables({ side, shape, several }: { side: Side; shape: ShapeAnswer; several: boolean }) {
  const provenance = useProvenance(side);
  const rows = useMemo(() => linkRows(shape, side.flows), [shape, side.flows]);
  const suffix = several ? ` (${en.whatIf.sides[side.pane.side]})` : "";
  return (
    <>
      <Figure name="modes" title={en.flows.modesTitle + suffix} columns={modeColumns()} rows={side.flows.modes} keyOf={(row) => row.mode} {...provenance} />
      {!several && <Figure name="flows" title={en.flows.linksTitle} columns={linkColumns()} rows={rows} keyOf={(row) => row.id} {...provenance} />}
    </>
  );
}
