// Records counted by year, or by 2, 5, 10 … years when there would be too many bars to show.
import type { Item } from '../fhir/item';

export interface Bar {
  readonly from: number;
  readonly to: number;
  // The newest year of the bar that has a record; none when the bar is empty.
  readonly newest: number | undefined;
  readonly count: number;
}

const steps = [1, 2, 5, 10, 20, 50, 100];

export function yearBars(items: readonly Pick<Item, 'when'>[], barsMax: number): Bar[] {
  const counts = new Map<number, number>();
  for (const { when } of items) if (when) counts.set(when.year, (counts.get(when.year) ?? 0) + 1);
  if (counts.size === 0) return [];
  const oldest = Math.min(...counts.keys());
  const newest = Math.max(...counts.keys());
  const count = (step: number) => Math.floor(newest / step) - Math.floor(oldest / step) + 1;
  const step = steps.find((candidate) => count(candidate) <= barsMax);
  if (step === undefined) return [];
  const bars: Bar[] = [];
  for (let from = Math.floor(oldest / step) * step; from <= newest; from += step) {
    const years = Array.from({ length: step }, (_, i) => from + i).filter((year) => counts.has(year));
    bars.push({ from, to: from + step - 1, newest: years[years.length - 1], count: years.reduce((sum, year) => sum + (counts.get(year) ?? 0), 0) });
  }
  return bars;
}
