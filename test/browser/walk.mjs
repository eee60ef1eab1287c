// What every walk needs: a browser, a page that collects complaints, and the usual steps.
//
// IDUN_URL      the hub, as `idun demo` prints it
// IDUN_SHOTS    a folder for screenshots; none are taken without it
// IDUN_CHROMIUM the browser, /usr/bin/chromium unless told
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

export const url = process.env.IDUN_URL;
export const shots = process.env.IDUN_SHOTS;
export const answerMs = 30_000;
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

if (!url) throw new Error('IDUN_URL must name a running hub, such as http://127.0.0.1:8080');
if (shots) mkdirSync(shots, { recursive: true });

export const looks = [
  { name: 'wide-light-sv', width: 1440, height: 900, theme: 'light', locale: 'sv-SE' },
  { name: 'wide-dark-en', width: 1440, height: 900, theme: 'dark', locale: 'en-GB' },
  { name: 'phone-light-en', width: 390, height: 844, theme: 'light', locale: 'en-GB' },
  { name: 'phone-dark-sv', width: 390, height: 844, theme: 'dark', locale: 'sv-SE' },
];

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.IDUN_CHROMIUM ?? '/usr/bin/chromium',
    // Debian's sandbox helper is missing in most containers; the test visits nothing but the hub.
    args: ['--no-sandbox'],
  });
});
after(() => browser?.close());

// A page that collects everything a person would not want to see in its console, and every address it asks for.
export async function open(look) {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    colorScheme: look.theme,
    locale: look.locale,
    reducedMotion: 'reduce',
    isMobile: look.width < 500,
    hasTouch: look.width < 500,
  });
  const page = await context.newPage();
  const complaints = [];
  const addresses = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => addresses.push(request.url()));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(url);
  await page.locator('button.card').first().waitFor({ timeout: answerMs });
  const shot = (name) => shots && page.screenshot({ path: join(shots, `${look.name}-${name}.png`) });
  return { context, page, complaints, addresses, shot };
}

// axe-core's checks of WCAG A and AA. Its script is put in by the debugger, past the page's own policy, which stays in force for the page.
export async function accessible(page, where) {
  await page.evaluate(`${axeSource}; undefined`);
  const result = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  const found = result.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
  assert.deepEqual(found, [], `accessibility of ${where}`);
}

export async function choose(page, user) {
  if (await page.locator('.who button').count()) await page.locator('.who button').click();
  await page.locator(`button.card[data-user="${user.id}"]`).click();
}

export async function findPerson(page, person) {
  const box = page.getByRole('combobox');
  await box.fill(person.name ?? person.identifier.value);
  await page.getByRole('option').first().waitFor();
  const number = person.identifier.value.replace(/^(\d{8})(\d{4})$/, '$1-$2');
  await page.getByRole('option').filter({ hasText: number }).first().click();
}

export async function settled(page) {
  await page.locator('[data-phase="done"]').waitFor({ timeout: answerMs });
}

export async function closed(session) {
  const violations = await session.page.evaluate(() => window.violations);
  assert.deepEqual(violations, [], 'content security policy');
  assert.deepEqual(session.complaints, [], 'console');
  await session.context.close();
}

export async function demo() {
  const users = (await (await fetch(new URL('/demo/users', url))).json()).users;
  const people = (await (await fetch(new URL('/demo/people', url))).json()).people;
  const patients = users.filter((user) => user.role === 'patient');
  const [patient] = patients;
  const clinicians = users.filter((user) => user.role === 'clinician');
  const [clinician] = clinicians;
  const registrar = users.find((user) => user.role === 'administrator');
  assert.ok(patient && clinician && people.length, 'the demonstration has a patient, a clinician and people');
  const person = people.find((one) => one.name === patient.name) ?? people[0];
  return { users, people, patient, patients, clinician, clinicians, registrar, person };
}

// No token and no number of a person in any address, and nothing from elsewhere.
export function cleanAddresses(session, users, people) {
  for (const address of session.addresses) {
    for (const person of people) assert.ok(!address.includes(person.identifier.value), 'no number of a person in an address');
    for (const user of users) assert.ok(!address.includes(user.token), 'no token in an address');
    assert.equal(new URL(address).origin, new URL(url).origin, 'nothing from elsewhere');
  }
}

// Ends every choice that is listed: also those that an earlier, interrupted walk left behind.
export async function endAll(page) {
  const ends = page.locator('li[data-choice] [data-act="end"]');
  for (let left = await ends.count(); left > 0; left--) {
    await ends.first().click();
    await page.locator('[data-confirm]').click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.waitForFunction((wanted) => document.querySelectorAll('li[data-choice] [data-act="end"]').length < wanted, left);
  }
}
