/** How wide a place on the page is. */

import { useEffect, useRef, useState } from "react";
import { begin, end } from "../state/settled";

/** Return a place and its width in pixels, 0 until it is known. */
export function useWidth(least = 240): [React.RefObject<HTMLDivElement | null>, number] {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const task = {};
    begin(task);
    const watch = new ResizeObserver(([entry]) => {
      const wide = Math.floor(entry!.contentRect.width);
      if (wide > 0) setWidth(Math.max(least, wide));
      if (wide > 0) end(task);
    });
    watch.observe(host.current!);
    return () => (watch.disconnect(), end(task));
  }, [least]);
  return [host, width];
}
