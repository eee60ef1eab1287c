// Gives each care provider a colour of its own, in the order they are first met, steady for the session.

const count = 10;
const given = new Map<string, number>();

export function hue(provider: string): string {
  let index = given.get(provider);
  if (index === undefined) given.set(provider, (index = given.size % count));
  return `hue-${index}`;
}
