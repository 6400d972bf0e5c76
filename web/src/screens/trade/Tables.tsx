/** Columns of the tables behind the pictures. */

import type { Economy } from "../../api/types";
import { number, signed } from "../../format/words";
import { en } from "../../i18n";
import type { Column } from "../../parts/table";

/** A column of figures. */
export function figure<Row>(key: string, label: string, value: (row: Row) => number | null, show: (value: number) => string = (size) => number(size), missing: string = en.notKnown): Column<Row> {
  return {
    key,
    label,
    value,
    number: true,
    show: (row) => {
      const found = value(row);
      return found === null ? missing : show(found);
    },
  };
}

export function economyColumns(): Column<Economy>[] {
  return [
    { key: "id", label: en.trade.economy, value: (row) => row.id, show: (row) => row.name },
    figure("equivalent_variation_musd", en.trade.gain, (row) => row.equivalent_variation_musd, (value) => signed(value)),
    figure("equivalent_variation_low_musd", en.trade.low, (row) => row.equivalent_variation_low_musd),
    figure("equivalent_variation_high_musd", en.trade.high, (row) => row.equivalent_variation_high_musd),
    figure("cost_part_musd", en.trade.costPart, (row) => row.cost_part_musd, (value) => signed(value)),
    figure("terms_of_trade_part_musd", en.trade.termsPart, (row) => row.terms_of_trade_part_musd, (value) => signed(value)),
    figure("volume_part_musd", en.trade.volumePart, (row) => row.volume_part_musd, (value) => signed(value)),
    figure("exports_musd", en.trade.exports, (row) => row.exports_musd),
    figure("exports_change_musd", en.trade.exportsChange, (row) => row.exports_change_musd, (value) => signed(value)),
    figure("imports_musd", en.trade.imports, (row) => row.imports_musd),
    figure("imports_change_musd", en.trade.importsChange, (row) => row.imports_change_musd, (value) => signed(value)),
  ];
}
