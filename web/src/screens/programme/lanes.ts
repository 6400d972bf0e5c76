/** Lanes of a timeline. */

/** Put bars and marks into as few lanes as keep them apart. */
export function laned<T extends { from: Date; to: Date }>(items: T[], apart: number): (T & { lane: number })[] {
  const ends: number[] = [];
  return [...items]
    .sort((one, other) => one.from.getTime() - other.from.getTime())
    .map((item) => {
      let lane = ends.findIndex((end) => end + apart <= item.from.getTime());
      if (lane < 0) lane = ends.length;
      ends[lane] = item.to.getTime();
      return { ...item, lane };
    });
}
