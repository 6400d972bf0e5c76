/** The rows of the screen, and where they come from. */

import type { Economy, TradeAnswer, TradeLook } from "../../api/types";
import type { Bar } from "../../charts/Bars";
import { musd } from "../../format/words";
import { en } from "../../i18n";
import type { Provenance } from "../../parts/Figure";
import { commandOf, useCase, type Pane } from "../../state/case";

export interface Side {
  pane: Pane;
  /** What trade alone tells: of the answer, or of a first look at it. */
  trade: TradeLook;
  /** The answer, or the last one. */
  whole: TradeAnswer | null;
  /** Whether it is a first look. */
  first: boolean;
}

export function useProvenance({ pane, trade, first }: Side): Provenance {
  const caseOf = useCase();
  return { meta: trade.meta, sources: trade.sources, command: commandOf(caseOf, "trade", pane), answer: trade, ...(first && { state: "first" }) };
}

/** Where figures come from that a first look has not. */
export function useProvenanceOfWhole(side: Side, whole: TradeAnswer): Provenance {
  return { ...useProvenance({ ...side, trade: whole, first: false }), ...(side.first && { state: "held" }) };
}

/** Half a dollar a year is what the fixed point leaves of nothing. */
export const LEAST_MUSD = 5e-7;

/** Whether what is looked at changes nothing, as far as the fixed point tells. */
export const isStill = (trade: TradeLook): boolean => [trade.world.equivalent_variation_musd, ...trade.pairs.map((row) => row.change_musd)].every((value) => Math.abs(value) < LEAST_MUSD);

/** What all economies gain under the other elasticities and sales at home, the least and the most. */
export function rangeOf(trade: TradeLook): [number, number] {
  const gains = trade.sensitivity.map((row) => row.equivalent_variation_musd);
  const own = trade.world.equivalent_variation_musd;
  return [Math.min(own, ...gains), Math.max(own, ...gains)];
}

export const bySize = <Row>(rows: Row[], size: (row: Row) => number): Row[] => [...rows].sort((one, other) => Math.abs(size(other)) - Math.abs(size(one)));

/** All economies together first, then each by what it gains or loses: the bars net visibly. */
export function gainBars(trade: TradeLook): Bar[] {
  const bar = (key: string, name: string, value: number, low: number, high: number): Bar => ({
    key, name, parts: [{ value, tone: value < 0 ? "madder" : "sage" }], low, high, label: musd(value),
  });
  const [low, high] = rangeOf(trade);
  return [
    bar("all", en.trade.all, trade.world.equivalent_variation_musd, low, high),
    ...bySize(trade.economies, (row) => row.equivalent_variation_musd).map((row: Economy) =>
      bar(row.id, row.name, row.equivalent_variation_musd, row.equivalent_variation_low_musd, row.equivalent_variation_high_musd),
    ),
  ];
}
