// Swedish personal and coordination numbers as people type them.

export const personNumberSystem = 'http://electronichealth.se/identifier/personnummer';
export const coordinationNumberSystem = 'http://electronichealth.se/identifier/samordningsnummer';

export type Typed = { readonly kind: 'number'; readonly value: string; readonly system: string } | { readonly kind: 'wrong' };

// '19121212-1212' and '191212121212' give the twelve digits; 'wrong' has the shape but not the check digit or date;
// anything else, such as a name, gives undefined.
export function typedNumber(typed: string): Typed | undefined {
  const digits = typed.trim().replace(/[\s-]/g, '');
  if (!/^(18|19|20)\d{10}$/.test(digits)) return undefined;
  const day = Number(digits.slice(6, 8));
  const coordination = day > 60;
  const month = Number(digits.slice(4, 6));
  const calendarDay = coordination ? day - 60 : day;
  if (!isDate(Number(digits.slice(0, 4)), month, calendarDay) || !luhn(digits.slice(2))) return { kind: 'wrong' };
  return { kind: 'number', value: digits, system: coordination ? coordinationNumberSystem : personNumberSystem };
}

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function luhn(ten: string): boolean {
  let sum = 0;
  for (let i = 0; i < ten.length; i++) {
    const product = Number(ten[i]) * (i % 2 === 0 ? 2 : 1);
    sum += product > 9 ? product - 9 : product;
  }
  return sum % 10 === 0;
}

export function shownNumber(value: string): string {
  return /^\d{12}$/.test(value) ? `${value.slice(0, 8)}-${value.slice(8)}` : value;
}
