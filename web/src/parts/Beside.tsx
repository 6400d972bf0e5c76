/** Two settings in figures: A, B and what lies between them. */

import { signed } from "../format/words";
import { en } from "../i18n";
import { Figure, type Provenance } from "./Figure";

export interface Pair {
  key: string;
  label: string;
  a: number | null;
  b: number | null;
  show: (value: number) => string;
}

export function Beside({ pairs, provenance }: { pairs: Pair[]; provenance: Provenance }) {
  const say = (value: number | null, show: (value: number) => string) => (value === null ? en.notKnown : show(value));
  const between = (pair: Pair) => (pair.a === null || pair.b === null ? null : pair.b - pair.a);
  const less = (pair: Pair) => {
    const value = between(pair);
    return value === null ? en.notKnown : signed(value, pair.show);
  };
  return (
    <Figure
      name="beside"
      title={en.compare.title}
      columns={[
        { key: "figure", label: en.compare.figure, value: (row) => row.label },
        { key: "a", label: en.whatIf.sides.a, value: (row) => row.a, show: (row) => say(row.a, row.show), number: true },
        { key: "b", label: en.whatIf.sides.b, value: (row) => row.b, show: (row) => say(row.b, row.show), number: true },
        { key: "difference", label: en.compare.difference, value: between, show: less, number: true },
      ]}
      rows={pairs}
      keyOf={(row) => row.key}
      {...provenance}
    />
  );
}
