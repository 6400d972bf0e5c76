/** Who uses the link or crossing that is pointed at. */

import { addressOf, useAnswer } from "../../api/client";
import type { ShapeAnswer, Use } from "../../api/types";
import { fill, percent, tonnes } from "../../format/words";
import { en } from "../../i18n";
import { readPick } from "../../map/shape";
import { FaultCard } from "../../parts/FaultCard";
import { Figure } from "../../parts/Figure";
import { commandOf, useCase, type Pane } from "../../state/case";
import { settingParams } from "../../state/setting";
import { useAsk } from "../../state/view";
import { linkName } from "./rows";

export function Users({ pane, shape }: { pane: Pane; shape: ShapeAnswer }) {
  const caseOf = useCase();
  const [text] = useAsk("pick");
  const pick = readPick(text);
  const crossing = pick?.table === "border" ? caseOf.crossings.find((item) => item.rows.includes(pick.row)) : undefined;
  const link = pick?.table === "link" ? pick.row : undefined;
  const what: Record<string, string> | null = link ? { link } : crossing ? { crossing: crossing.id } : null;
  const address = what && addressOf("/api/flows/users", new URLSearchParams(what), settingParams(pane.setting));
  const { data, fresh, fault, again } = useAnswer("get /api/flows/users", address);
  if (!what) return null;
  if (fault) return fault.kind === "unknown" ? null : <FaultCard fault={fault} again={again} />;
  if (!data || !fresh) return <p className="quiet">{en.shell.working}</p>;
  const total = data.flows.reduce((sum, row) => sum + row.flow_t_per_year, 0);
  const name = (id: string) => caseOf.commodities.find((item) => item.id === id)?.name ?? id;
  return (
    <Figure
      name="users"
      level={3}
      title={en.flows.usersTitle}
      note={data.flows.length ? fill(en.flows.usersNote, { total: tonnes(total), name: crossing?.name ?? linkName(shape, shape.links.id.indexOf(link!)) }) : en.flows.nobody}
      columns={[
        { key: "from", label: en.flows.fromTo, value: (row: Use) => `${row.origin}, ${row.destination}`, show: (row) => fill(en.flows.way, { from: row.origin, to: row.destination }) },
        { key: "commodity", label: en.routes.goods, value: (row) => row.commodity, show: (row) => name(row.commodity) },
        { key: "flow_t_per_year", label: en.flows.perYear, value: (row) => row.flow_t_per_year, show: (row) => tonnes(row.flow_t_per_year), number: true },
        { key: "share", label: en.flows.share, value: (row) => row.flow_t_per_year / (total || 1), show: (row) => percent(row.flow_t_per_year / (total || 1)), number: true },
      ]}
      rows={data.flows}
      keyOf={(row) => `${row.origin} ${row.destination} ${row.commodity}`}
      meta={data.meta}
      sources={[]}
      command={commandOf(caseOf, `flows ${Object.entries(what).map(([option, value]) => `--${option} ${value}`).join(" ")}`, pane)}
      answer={data}
    />
  );
}
