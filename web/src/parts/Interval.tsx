/** A range as a line with a mark at the figure itself, on a scale from zero. */

export function Interval({ low, value, high, most, label }: { low: number; value: number; high: number; most: number; label: string }) {
  const at = (x: number) => `${(100 * x) / (most || 1)}%`;
  return (
    <svg className="interval swatch" role="img" aria-label={label}>
      <line x1="0" x2="100%" y1="12" y2="12" stroke="var(--line)" />
      <line x1="0.5" x2="0.5" y1="2" y2="12" stroke="var(--stone)" />
      <line x1={at(low)} x2={at(high)} y1="7" y2="7" stroke="var(--lapis-light)" strokeWidth="5" />
      <circle cx={at(value)} cy="7" r="4" fill="var(--lapis)" />
    </svg>
  );
}
