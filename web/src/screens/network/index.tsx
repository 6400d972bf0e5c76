/** Network: what connects to what, and what is shut? */

import { useMemo } from "react";
import { addressOf, useAnswer, type Loaded } from "../../api/client";
import type { Crossing, CrossingRow, ModeSum, NetworkAnswer, ShapeAnswer } from "../../api/types";
import { count, days, daysRange, fill, km, listed, number, percent } from "../../format/words";
import { en } from "../../i18n";
import { MapView } from "../../map/MapView";
import { Beside, type Pair } from "../../parts/Beside";
import { Facts } from "../../parts/Facts";
import { FaultCard } from "../../parts/FaultCard";
import { Figure, type Provenance } from "../../parts/Figure";
import { Notes, ScreenFrame } from "../../parts/Screen";
import type { Column } from "../../parts/table";
import { Waiting } from "../../parts/Waiting";
import { commandOf, settingName, useCase, type Pane, type Screen } from "../../state/case";
import { settingParams } from "../../state/setting";
import { useAsk } from "../../state/view";
import { Hours } from "./Hours";

/** Crossings that the chart shows, the slowest first. */
const SHOWN = 20;

export function useNetwork(pane: Pane | undefined): Loaded<NetworkAnswer> {
  return useAnswer("get /api/network", pane ? addressOf("/api/network", settingParams(pane.setting)) : null);
}

export function useShape(): ShapeAnswer | null {
  return useAnswer("get /api/network/shape", "/api/network/shape").data;
}

function Network({ panes }: { panes: Pane[] }) {
  const shape = useShape();
  const a = useNetwork(panes[0]);
  const b = useNetwork(panes[1]);
  const loaded = panes.map((pane, i) => ({ pane, network: i ? b : a }));
  const fault = loaded.find(({ network }) => network.fault);
  if (fault) return <FaultCard fault={fault.network.fault!} again={fault.network.again} />;
  if (!shape || loaded.some(({ network }) => !network.data)) return <Waiting />;
  const most = Math.max(...loaded.flatMap(({ network }) => network.data!.crossings.map(slowest).map((row) => row.time_p90_h)));
  return (
    <ScreenFrame
      parts={loaded.map(({ pane, network }) => ({
        pane,
        answer: <Answer network={network.data!} pane={pane} />,
        picture: <Pictures shape={shape} network={network.data!} pane={pane} most={most} />,
      }))}
      tables={
        <>
          {panes.length > 1 && <Both networks={loaded.map(({ network }) => network.data!)} pane={panes[1]!} />}
          {loaded.map(({ pane, network }) => (
            <Tables key={pane.side} shape={shape} network={network.data!} pane={pane} several={panes.length > 1} />
          ))}
        </>
      }
    />
  );
}

function Both({ networks, pane }: { networks: NetworkAnswer[]; pane: Pane }) {
  const provenance = useProvenance(networks[1]!, pane);
  const [a, b] = networks as [NetworkAnswer, NetworkAnswer];
  const pair = (key: string, label: string, of: (network: NetworkAnswer) => number | null, show: (value: number) => string): Pair => ({ key, label, a: of(a), b: of(b), show });
  return (
    <Beside
      provenance={{ ...provenance, answer: networks }}
      pairs={[
        pair("crossings", en.network.openCrossings, (network) => network.crossings.filter((crossing) => crossing.status === "open").length, count),
        pair("rail", en.network.railKm, (network) => lengthOf(network, "rail"), (value) => number(value)),
        pair("road", en.network.roadKm, (network) => lengthOf(network, "road"), (value) => number(value)),
        pair("assumed", en.network.assumedShare, (network) => network.assumption_share, percent),
      ]}
    />
  );
}

const lengthOf = (network: NetworkAnswer, mode: string) => network.sums.filter((sum) => sum.mode === mode && sum.built).reduce((sum, row) => sum + row.length_km, 0);

/** The crossing's slowest direction. */
function slowest(crossing: Crossing): CrossingRow {
  return crossing.rows.reduce((best, row) => (row.time_h > best.time_h ? row : best));
}

function useProvenance(network: NetworkAnswer, pane: Pane): Provenance {
  const caseOf = useCase();
  return { meta: network.meta, sources: network.sources, command: commandOf(caseOf, "network", pane), answer: network };
}

function Answer({ network, pane }: { network: NetworkAnswer; pane: Pane }) {
  const shut = network.crossings.filter((crossing) => crossing.status !== "open");
  const names = listed(shut.slice(0, 6).map((crossing) => crossing.name).concat(shut.length > 6 ? [`${shut.length - 6}\u00a0+`] : []));
  const sentence = fill(en.network.answer, {
    rail: km(lengthOf(network, "rail")), road: km(lengthOf(network, "road")), open: count(network.crossings.length - shut.length),
    all: count(network.crossings.length), shut: shut.length ? fill(en.network.shut, { names }) : "",
  });
  const land = network.crossings.flatMap((crossing) => crossing.rows).filter((row) => row.status === "open" && (row.mode === "rail" || row.mode === "road"));
  const mean = land.reduce((sum, row) => sum + row.time_h, 0) / (land.length || 1);
  const [low, high] = [quantile(land.map((row) => row.time_h), 0.1), quantile(land.map((row) => row.time_h), 0.9)];
  return (
    <>
      <p className="sentence" data-answer="network">
        {sentence}
      </p>
      {land.length > 0 && <p>{fill(en.network.hours, { mean: days(mean), range: daysRange(mean, low, high) })}</p>}
      <p>{fill(en.network.assumedLinks, { assumed: percent(network.assumption_share), blank: percent(network.uncapacitated_share) })}</p>
      <p className="quiet">{fill(en.network.size, { nodes: count(network.nodes), links: count(network.links.status.length) })}</p>
      <Notes notes={network.notes} />
      <Facts pane={pane} />
    </>
  );
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return low + (high - low) * (at - Math.floor(at));
}

function Pictures({ shape, network, pane, most }: { shape: ShapeAnswer; network: NetworkAnswer; pane: Pane; most: number }) {
  const caseOf = useCase();
  const provenance = useProvenance(network, pane);
  const first = useMemo(() => [...new Set(caseOf.pairs.flat())], [caseOf]);
  const ranked = useMemo(() => network.crossings.map((crossing) => ({ crossing, row: slowest(crossing) })).sort((one, other) => other.row.time_h - one.row.time_h), [network.crossings]);
  const title = fill(en.network.mapTitle, { year: pane.setting.year || String(caseOf.base_year), scenario: settingName(caseOf, { ...pane.setting, year: "", change: [], shut: [], open: [], project: [] }) });
  return (
    <>
      <Figure name="network-map" title={title} columns={crossingColumns()} rows={network.crossings} keyOf={(row) => row.id} {...provenance}>
        <MapView shape={shape} network={network} first={first} label={en.map.label} />
      </Figure>
      <Figure name="crossings" title={en.network.crossingsTitle} note={`${fill(en.network.top, { n: Math.min(SHOWN, ranked.length) })}. ${en.figure.range}`} columns={crossingColumns()} rows={network.crossings} keyOf={(row) => row.id} {...provenance}>
        <Hours rows={ranked.slice(0, SHOWN)} most={most} />
      </Figure>
    </>
  );
}

function crossingColumns(): Column<Crossing>[] {
  return [
    { key: "crossing_id", label: en.network.crossing, value: (row) => row.id, show: (row) => <PickButton name={row.name} pick={`border:${slowest(row).id}`} /> },
    { key: "status", label: en.network.state, value: (row) => row.status, show: (row) => <span className={row.status === "open" ? "" : "bad"}>{en.status[row.status]}</span> },
    { key: "modes", label: en.network.mode, value: (row) => [...new Set(row.rows.map((item) => item.mode))].join(" "), show: (row) => [...new Set(row.rows.map((item) => en.modes[item.mode]!))].join(", ") },
    { key: "time_h", label: en.network.hoursColumn, value: (row) => slowest(row).time_h, show: (row) => number(slowest(row).time_h), number: true },
    { key: "time_p10_h", label: en.network.low, value: (row) => slowest(row).time_p10_h, show: (row) => number(slowest(row).time_p10_h), number: true },
    { key: "time_p90_h", label: en.network.high, value: (row) => slowest(row).time_p90_h, show: (row) => number(slowest(row).time_p90_h), number: true },
    { key: "price_usd_per_t", label: en.network.price, value: (row) => slowest(row).price_usd_per_t, show: (row) => number(slowest(row).price_usd_per_t), number: true },
    { key: "confidence", label: en.network.confidence, value: (row) => slowest(row).confidence, show: (row) => <Trust confidence={slowest(row).confidence} assumed={slowest(row).assumed} /> },
  ];
}

export function Trust({ confidence, assumed }: { confidence: string; assumed: boolean }) {
  return (
    <>
      {en.confidence[confidence] ?? confidence} {assumed && <span className="assumed">{en.assumed}</span>}
    </>
  );
}

export function PickButton({ name, pick }: { name: string; pick: string }) {
  const [, setPick] = useAsk("pick");
  return (
    <button className="link" aria-label={fill(en.table.show, { name })} onClick={() => setPick(pick)}>
      {name}
    </button>
  );
}

interface LinkRow {
  id: string;
  name: string;
  mode: string;
  gauge: number | null;
  status: string;
  length: number;
  capacity: number | null;
  confidence: string;
  assumed: boolean;
}

function linkRows(shape: ShapeAnswer, network: NetworkAnswer): LinkRow[] {
  const { links } = shape;
  return links.id.map((id, i) => ({
    id, name: links.name[i] || [links.start[i]!, links.end[i]!].map((node) => shape.nodes.name[node]).join(" \u2013 "), mode: links.mode[i]!,
    gauge: network.links.gauge_mm[i]!, status: network.links.status[i]!, length: network.links.length_km[i]!, capacity: network.links.capacity_t_per_day[i]!,
    confidence: links.confidence[i]!, assumed: links.assumed[i]!,
  }));
}

function Tables({ shape, network, pane, several }: { shape: ShapeAnswer; network: NetworkAnswer; pane: Pane; several: boolean }) {
  const provenance = useProvenance(network, pane);
  const links = useMemo(() => linkRows(shape, network), [shape, network.links]);
  const suffix = several ? ` (${en.whatIf.sides[pane.side]})` : "";
  const sums: Column<ModeSum>[] = [
    { key: "mode", label: en.network.mode, value: (row) => row.mode, show: (row) => en.modes[row.mode] },
    { key: "gauge_mm", label: en.network.gauge, value: (row) => row.gauge_mm || null, number: true },
    { key: "built", label: en.network.standing, value: (row) => row.built },
    { key: "links", label: en.network.links, value: (row) => row.links, number: true },
    { key: "length_km", label: en.network.length, value: (row) => row.length_km, show: (row) => number(row.length_km), number: true },
  ];
  const columns: Column<LinkRow>[] = [
    { key: "link_id", label: en.network.link, value: (row) => `${row.name} ${row.id}`, show: (row) => <PickButton name={row.name} pick={`link:${row.id}`} /> },
    { key: "mode", label: en.network.mode, value: (row) => row.mode, show: (row) => en.modes[row.mode] },
    { key: "gauge_mm", label: en.network.gauge, value: (row) => row.gauge, number: true },
    { key: "status", label: en.network.state, value: (row) => row.status, show: (row) => en.status[row.status] },
    { key: "length_km", label: en.network.length, value: (row) => row.length, show: (row) => number(row.length), number: true },
    { key: "capacity_t_per_day", label: en.network.capacity, value: (row) => row.capacity, show: (row) => number(row.capacity), number: true },
    { key: "confidence", label: en.network.confidence, value: (row) => row.confidence, show: (row) => <Trust confidence={row.confidence} assumed={row.assumed} /> },
  ];
  return (
    <>
      <Figure name="sums" title={en.network.sumsTitle + suffix} columns={sums} rows={network.sums} keyOf={(row) => `${row.mode} ${row.gauge_mm} ${row.built}`} {...provenance} />
      {!several && (
        <Figure
          name="links"
          title={en.network.linksTitle}
          note={<a href={addressOf("/api/network/geojson", settingParams(pane.setting))}>{en.network.geojson}</a>}
          columns={columns}
          rows={links}
          keyOf={(row) => row.id}
          {...provenance}
        />
      )}
    </>
  );
}

export const screen: Screen = { obeys: true, Component: Network };
