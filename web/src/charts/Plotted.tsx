/** A chart by Observable Plot, as wide as its place. */

import type { PlotOptions } from "@observablehq/plot";
import { plot } from "@observablehq/plot";
import { useEffect } from "react";
import { useWidth } from "./useWidth";

/** `options` depends on the width alone besides what is named in `of`. */
export function Plotted({ options, of, label }: { options: (width: number) => PlotOptions; of: unknown[]; label: string }) {
  const [host, width] = useWidth();
  useEffect(() => {
    if (!width) return;
    const drawn = plot({ ...options(width), width, style: { background: "none", color: "var(--ink)", fontSize: "12px", fontFamily: "inherit" } });
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", label);
    drawn.classList.add("chart");
    // a name on a group without a role says nothing to a screen reader; the picture has one
    for (const group of drawn.querySelectorAll("g[aria-label]")) group.removeAttribute("aria-label");
    host.current!.replaceChildren(drawn);
    return () => drawn.remove();
  }, [width, label, ...of]);
  return <div className="plot" ref={host} />;
}
