/** Why each project is in or out, which stay apart, and the sets that were compared. */

import type { Apart, PortfolioAnswer, Reason, SetWorth } from "../../api/types";
import { fill, musd, number, signed } from "../../format/words";
import { en } from "../../i18n";
import { Figure } from "../../parts/Figure";
import type { Column } from "../../parts/table";
import { show, useView } from "../../state/view";
import { figure } from "../trade/Tables";
import type { Side } from ".";
import { readinessText, useProvenance } from "./Pictures";

function Open({ id, name }: { id: string; name: string }) {
  const view = useView();
  return (
    <button className="link" onClick={() => show({ ...view, room: "appraisal", ask: { ...view.ask, of: [id] } })}>
      {`${id} ${name}`}
    </button>
  );
}

/** At which cost it would be otherwise, or what it displaces. */
function otherwise(row: Reason): string {
  const parts: string[] = [];
  if (row.cost_out_musd !== null) parts.push(fill(en.portfolio.outAbove, { cost: musd(row.cost_out_musd) }));
  if (row.cost_in_musd !== null) parts.push(fill(en.portfolio.inAt, { cost: musd(row.cost_in_musd) }));
  if (row.instead_of.length) parts.push(fill(en.portfolio.insteadOf, { names: row.instead_of.join(", ") }));
  if (row.depends_on.length) parts.push(fill(en.portfolio.dependsOn, { names: row.depends_on.map((one) => `${one.project} (${signed(one.pair_musd, musd)})`).join(", ") }));
  return parts.join("; ");
}

export function Tables({ side, found, several }: { side: Side; found: PortfolioAnswer; several: boolean }) {
  const provenance = useProvenance(side, found);
  const suffix = several ? ` (${en.whatIf.sides[side.pane.side]})` : "";
  const reasons: Column<Reason>[] = [
    { key: "id", label: en.appraisal.project, value: (row) => `${row.id} ${row.name}`, show: (row) => <Open id={row.id} name={row.name} /> },
    { key: "chosen", label: en.portfolio.inOut, value: (row) => row.chosen, show: (row) => (row.chosen ? <strong className="good">{fill(en.portfolio.isIn, { year: String(row.opening_year) })}</strong> : en.portfolio.isOut) },
    figure("cost_musd", en.appraisal.cost, (row) => row.cost_musd),
    figure("alone_musd", en.portfolio.alone, (row) => row.alone_musd, (value) => signed(value)),
    figure("value_per_dollar", en.portfolio.perDollar, (row) => row.value_per_dollar, (value) => signed(value)),
    { key: "why", label: en.portfolio.why, value: (row) => row.why },
    { key: "otherwise", label: en.portfolio.otherwise, value: otherwise },
    { key: "readiness", label: en.portfolio.readiness, value: (row) => row.readiness.score, show: (row) => readinessText(row.readiness.score), number: true },
  ];
  const apart: Column<Apart>[] = [
    { key: "id", label: en.appraisal.project, value: (row) => `${row.id} ${row.name}`, show: (row) => <Open id={row.id} name={row.name} /> },
    figure("cost_musd", en.appraisal.cost, (row) => row.cost_musd),
    { key: "why", label: en.appraisal.whyNot, value: (row) => row.why },
  ];
  const sets: Column<SetWorth>[] = [
    { key: "projects", label: en.portfolio.set, value: (row) => row.projects.join(" "), show: (row) => row.projects.join(", ") || en.portfolio.emptySet },
    figure("value_musd", en.appraisal.enpv, (row) => row.value_musd, (value) => signed(value)),
    figure("model_musd", en.portfolio.model, (row) => row.model_musd, (value) => signed(value)),
    figure("cost_musd", en.appraisal.cost, (row) => row.cost_musd, (value) => number(value)),
  ];
  return (
    <>
      <Figure name="reasons" title={en.portfolio.reasonsTitle + suffix} columns={reasons} rows={found.candidates} keyOf={(row) => row.id} lit={(row) => row.chosen} {...provenance} />
      {found.apart.length > 0 && <Figure name="apart" title={en.portfolio.apartTitle + suffix} columns={apart} rows={found.apart} keyOf={(row) => row.id} {...provenance} />}
      <Figure name="sets" title={en.portfolio.setsTitle + suffix} columns={sets} rows={found.sets} keyOf={(row) => row.projects.join(" ")} {...provenance} />
    </>
  );
}
