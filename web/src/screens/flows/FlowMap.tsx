/** Volume against capacity: a line is as wide as what it carries and as dark as it is full; what is scarce has its price. */

import { useMemo } from "react";
import type { FlowsAnswer, ShapeAnswer } from "../../api/types";
import { fill, number, percent, tonnes } from "../../format/words";
import { en } from "../../i18n";
import { toneColor, toneOf, widthOf, type Band, type Caption, type Tone } from "../../map/bands";
import { MapView, type Volumes } from "../../map/MapView";
import { Figure } from "../../parts/Figure";
import { settingName, useCase } from "../../state/case";
import type { Side } from ".";
import { carried, linkRows, useProvenance } from "./rows";
import { linkColumns } from "./Tables";

/** Links that carry less than this share of the most are not drawn: the table has them. */
const SEEN_SHARE = 1e-4;

function bandsOf(flows: FlowsAnswer, most: number): Band[] {
  return carried(flows).flatMap((volume, i) => (volume > SEEN_SHARE * most ? [{ i, width: widthOf(volume, most), tone: toneOf(flows.links.utilisation[i]!) }] : []));
}

function captionsOf(shape: ShapeAnswer, flows: FlowsAnswer): Caption[] {
  const place = new Map(shape.links.id.map((id, i) => [id, i]));
  return flows.bottlenecks.flatMap((row) => {
    const i = row.table === "link" ? place.get(row.row) : undefined;
    if (i === undefined || row.cost_musd_per_year <= 0) return [];
    const text = row.clearing === "queue" ? fill(en.flows.queueShort, { hours: number(row.queue_h) }) : fill(en.flows.priceShort, { price: number(row.price_usd_per_t, { digits: 2 }) });
    return [{ i, text }];
  });
}

export function FlowMap({ side, shape, most }: { side: Side; shape: ShapeAnswer; most: number }) {
  const caseOf = useCase();
  const { flows, network, pane } = side;
  const provenance = useProvenance(side);
  const rows = useMemo(() => linkRows(shape, flows), [shape, flows]);
  const first = useMemo(() => [...new Set(caseOf.pairs.flat())], [caseOf]);
  const volumes: Volumes = useMemo(
    () => ({ bands: bandsOf(flows, most), captions: captionsOf(shape, flows), tell: (i) => tell(shape, flows, i), key: <VolumeKey most={most} /> }),
    [shape, flows, most],
  );
  const title = fill(en.flows.mapTitle, { year: pane.setting.year || String(caseOf.base_year), scenario: settingName(caseOf, { ...pane.setting, year: "", change: [], shut: [], open: [], project: [] }) });
  return (
    <Figure name="flows-map" title={title} columns={linkColumns()} rows={rows} keyOf={(row) => row.id} {...provenance}>
      <MapView shape={shape} network={network} first={first} volumes={volumes} label={en.flows.mapLabel} />
    </Figure>
  );
}

function tell(shape: ShapeAnswer, flows: FlowsAnswer, i: number): string {
  const { links } = flows;
  const [there, back] = [links.forward_t_per_year[i]!, links.backward_t_per_year[i]!];
  if (there + back === 0) return en.flows.carriesNothing;
  const [start, end] = [shape.links.start[i]!, shape.links.end[i]!].map((node) => shape.nodes.name[node]!);
  const parts = [fill(en.flows.carries, { total: tonnes(there + back), there: tonnes(there), back: tonnes(back), start: start!, end: end! })];
  const use = links.utilisation[i]!;
  parts.push(use === null ? en.flows.noLimit : fill(en.flows.used, { share: percent(use) }));
  if (links.price_usd_per_t[i]! > 0) parts.push(fill(en.flows.priceLong, { price: number(links.price_usd_per_t[i]!) }));
  return parts.join(", ");
}

const TONES: [Tone, keyof typeof en.flows.uses][] = [
  ["none", "none"], ["use1", "quarter"], ["use2", "half"], ["use3", "most"], ["use4", "nearly"], ["full", "full"],
];

function VolumeKey({ most }: { most: number }) {
  const widths = [most / 20, most / 4, most];
  return (
    <div className="stack">
      <ul className="key" aria-label={en.flows.widthKey}>
        <li className="quiet">{en.flows.widthKey}</li>
        {widths.map((volume) => (
          <li key={volume}>
            <svg className="swatch" viewBox="0 0 32 14" aria-hidden="true">
              <line x1="1" x2="31" y1="7" y2="7" stroke="var(--band-use3)" strokeWidth={widthOf(volume, most)} />
            </svg>
            {tonnes(volume)}
          </li>
        ))}
      </ul>
      <ul className="key" aria-label={en.flows.toneKey}>
        <li className="quiet">{en.flows.toneKey}</li>
        {TONES.map(([tone, name]) => (
          <li key={tone}>
            <svg className="swatch" viewBox="0 0 32 14" aria-hidden="true">
              <line x1="1" x2="31" y1="7" y2="7" stroke={`var(--${toneColor(tone)})`} strokeWidth="7" />
            </svg>
            {en.flows.uses[name]}
          </li>
        ))}
      </ul>
    </div>
  );
}
