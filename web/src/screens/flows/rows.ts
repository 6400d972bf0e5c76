/** The rows of the screen: links with what they carry, and how things are called. */

import type { Bottleneck, CrossingFlow, FlowsAnswer, ShapeAnswer } from "../../api/types";
import type { Provenance } from "../../parts/Figure";
import { commandOf, useCase, type Pane } from "../../state/case";

/** Tonnes a year of every link, both directions together. */
export function carried(flows: FlowsAnswer): number[] {
  const { forward_t_per_year: there, backward_t_per_year: back } = flows.links;
  return there.map((value, i) => value + back[i]!);
}

export function useProvenance({ pane, flows, first }: { pane: Pane; flows: FlowsAnswer; first: boolean }): Provenance {
  const caseOf = useCase();
  return { meta: flows.meta, sources: flows.sources, command: commandOf(caseOf, "flows", pane), answer: flows, ...(first && { state: "first" }) };
}

export function linkName(shape: ShapeAnswer, i: number): string {
  return [shape.links.start[i]!, shape.links.end[i]!].map((node) => shape.nodes.name[node]).join(" \u2013 ");
}

/** A link is called by its ends; a crossing or terminal by its name. */
export function placeName(shape: ShapeAnswer, row: Pick<Bottleneck, "table" | "row" | "name">): string {
  const i = row.table === "link" ? shape.links.id.indexOf(row.row) : -1;
  return i >= 0 ? linkName(shape, i) : row.name || row.row;
}

export interface LinkRow {
  i: number;
  id: string;
  name: string;
  mode: string;
  there: number;
  back: number;
  total: number;
  vehicles: number;
  empties: number;
  capacity: number | null;
  used: number | null;
  use: number | null;
  price: number;
  queue: number;
  assumed: boolean;
}

/** Links that carry something, the most first. */
export function linkRows(shape: ShapeAnswer, flows: FlowsAnswer): LinkRow[] {
  const { links } = flows;
  const rows = shape.links.id.map((id, i) => ({
    i, id, name: linkName(shape, i), mode: shape.links.mode[i]!, there: links.forward_t_per_year[i]!, back: links.backward_t_per_year[i]!,
    total: links.forward_t_per_year[i]! + links.backward_t_per_year[i]!, vehicles: links.vehicles_per_day[i]!, empties: links.empties_per_day[i]!,
    capacity: links.capacity_t_per_day[i]!, used: links.used_t_per_day[i]!, use: links.utilisation[i]!, price: links.price_usd_per_t[i]!, queue: links.queue_h[i]!,
    assumed: shape.links.assumed[i]!,
  }));
  return rows.filter((row) => row.total > 0).sort((one, other) => other.total - one.total);
}

export interface Gate {
  id: string;
  name: string;
  rows: CrossingFlow[];
  total: number;
}

/** What passes every crossing, its rows together, the most first. */
export function gates(flows: FlowsAnswer): Gate[] {
  const found = new Map<string, Gate>();
  for (const row of flows.crossings) {
    const gate = found.get(row.crossing_id) ?? { id: row.crossing_id, name: row.name, rows: [], total: 0 };
    gate.rows.push(row);
    gate.total += row.flow_t_per_year;
    found.set(row.crossing_id, gate);
  }
  return [...found.values()].filter((gate) => gate.total > 0).sort((one, other) => other.total - one.total);
}
