// FHIR dates keep the precision they were written with: 2011, 2011-04, 2011-04-19 or an instant.

export interface When {
  readonly year: number;
  // Local calendar day, '2011-04-19'; shorter when the source knows less. Groups the timeline.
  readonly day: string;
  // Greater is newer. What is known only to the day counts as the start of that day.
  readonly order: number;
  readonly time: Date | undefined;
}

const shape = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?)?)?$/;

const two = (value: number): string => String(value).padStart(2, '0');

export function when(value: string | undefined): When | undefined {
  const found = value === undefined ? null : shape.exec(value);
  if (!found) return undefined;
  const [whole, year, month, day, clock] = found;
  const y = Number(year);
  if (clock) {
    const time = new Date(whole);
    const order = time.getTime();
    if (Number.isNaN(order)) return undefined;
    const date = `${String(time.getFullYear()).padStart(4, '0')}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
    return { year: time.getFullYear(), day: date, order, time };
  }
  if ((month && (Number(month) < 1 || Number(month) > 12)) || (day && (Number(day) < 1 || Number(day) > 31))) {
    return undefined;
  }
  const start = new Date(2000, Number(month ?? 1) - 1, 1);
  start.setFullYear(y, Number(month ?? 1) - 1, Number(day ?? 1));
  return { year: y, day: whole, order: start.getTime(), time: undefined };
}

export function ageAt(birthDate: string | undefined, now: Date): number | undefined {
  const born = birthDate === undefined ? null : /^(\d{4})-(\d{2})-(\d{2})/.exec(birthDate);
  if (!born) return undefined;
  const years = now.getFullYear() - Number(born[1]);
  const month = now.getMonth() + 1;
  const before = month < Number(born[2]) || (month === Number(born[2]) && now.getDate() < Number(born[3]));
  const age = before ? years - 1 : years;
  return age >= 0 && age < 150 ? age : undefined;
}
