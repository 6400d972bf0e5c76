/** What is overdue, the longest first. */

import { axisX, barX, ruleX, text } from "@observablehq/plot";
import type { Entry } from "../../api/types";
import { shortened } from "../../charts/fit";
import { Plotted } from "../../charts/Plotted";
import { fill, number } from "../../format/words";
import { en } from "../../i18n";

export default function Late({ late, on }: { late: Entry[]; on: string }) {
  const ids = late.map((entry) => entry.id);
  return (
    <Plotted
      label={en.programme.overdueTitle}
      of={[late]}
      options={(width) => ({
        height: 34 + late.length * 34,
        marginLeft: 6,
        marginRight: 54,
        marginTop: 2,
        marginBottom: 34,
        x: { domain: [0, Math.max(...late.map((entry) => entry.overdue_days!))], label: null },
        y: { domain: ids, axis: null, padding: 0 },
        marks: [
          axisX({ label: fill(en.programme.overdueAxis, { on }), labelAnchor: "center", labelArrow: "none", color: "var(--stone-ink)", ticks: 5 }),
          barX(late, { y: "id", x1: 0, x2: "overdue_days", fill: "var(--madder)", fillOpacity: 0.85, insetTop: 20, insetBottom: 5 }),
          ruleX([0], { stroke: "var(--stone)" }),
          text(late, { y: "id", x: 0, dx: 2, dy: -6, textAnchor: "start", text: (entry: Entry) => shortened(`${entry.title} (${entry.parties.join(", ")})`, width - 10), fill: "var(--ink)" }),
          text(late, { y: "id", x: "overdue_days", dx: 6, dy: 8, textAnchor: "start", text: (entry: Entry) => number(entry.overdue_days), fill: "var(--madder)" }),
        ],
      })}
    />
  );
}
