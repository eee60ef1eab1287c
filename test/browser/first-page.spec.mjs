// Walks the first page in a real browser against a running hub with demonstration users.
//
//   IDUN_URL=http://127.0.0.1:8080 npm test
//
// IDUN_URL      the hub, as `idun demo` prints it
// IDUN_SHOTS    a folder for screenshots; none are taken without it
// IDUN_CHROMIUM the browser, /usr/bin/chromium unless told
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';

const url = process.env.IDUN_URL;
const shots = process.env.IDUN_SHOTS;
const answerMs = 30_000;
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

if (!url) throw new Error('IDUN_URL must name a running hub, such as http://127.0.0.1:8080');
if (shots) mkdirSync(shots, { recursive: true });

const looks = [
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
async function open(look) {
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
async function accessible(page, where) {
  await page.evaluate(`${axeSource}; undefined`);
  const result = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  const found = result.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
  assert.deepEqual(found, [], `accessibility of ${where}`);
}

async function choose(page, user) {
  if (await page.locator('.who button').count()) await page.locator('.who button').click();
  await page.locator(`button.card[data-user="${user.id}"]`).click();
}

async function findPerson(page, person) {
  const box = page.getByRole('combobox');
  await box.fill(person.name ?? person.identifier.value);
  await page.getByRole('option').first().waitFor();
  const number = person.identifier.value.replace(/^(\d{8})(\d{4})$/, '$1-$2');
  await page.getByRole('option').filter({ hasText: number }).first().click();
}

async function settled(page) {
  await page.locator('[data-phase="done"]').waitFor({ timeout: answerMs });
}

async function closed(session) {
  const violations = await session.page.evaluate(() => window.violations);
  assert.deepEqual(violations, [], 'content security policy');
  assert.deepEqual(session.complaints, [], 'console');
  await session.context.close();
}

async function demo() {
  const users = (await (await fetch(new URL('/demo/users', url))).json()).users;
  const people = (await (await fetch(new URL('/demo/people', url))).json()).people;
  const patient = users.find((user) => user.role === 'patient');
  const clinician = users.find((user) => user.role === 'clinician');
  assert.ok(patient && clinician && people.length, 'the demonstration has a patient, a clinician and people');
  const person = people.find((one) => one.name === patient.name) ?? people[0];
  return { patient, clinician, person };
}

for (const look of looks) {
  describe(look.name, () => {
    test('a clinician opens a record; the patient sees it, blocks, and ends the block', async () => {
      const { patient, clinician, person } = await demo();
      const session = await open(look);
      const { page, shot } = session;
      await accessible(page, 'start');
      await shot('1-start');

      await choose(page, clinician);
      await page.getByRole('combobox').fill((person.name ?? '').slice(0, 3));
      await page.getByRole('option').first().waitFor();
      await shot('2-find');
      await findPerson(page, person);
      const relation = page.locator('input[name="care-relation"]');
      assert.equal(await relation.isChecked(), false, 'the care relation is never assumed');
      await page.locator('button[type="submit"]').click();
      await page.getByRole('alert').waitFor();
      assert.equal(await page.locator('[data-phase]').count(), 0, 'nothing is asked without a care relation');
      await relation.check();
      await accessible(page, 'find');
      await shot('3-chosen');
      await page.locator('button[type="submit"]').click();
      await page.locator('[data-phase]').first().waitFor({ timeout: answerMs });
      await shot('4-asking');
      await settled(page);
      assert.ok((await page.locator('li.source').count()) > 0, 'sources are listed');
      assert.equal(await page.locator('li.source[data-state="asked"]').count(), 0, 'every source has a last word');
      assert.ok((await page.locator('button.row').count()) > 0, 'the timeline has records');
      await accessible(page, 'record');
      await shot('5-record');

      await page.locator('button.row').first().click();
      const detail = page.locator('.detail');
      await detail.waitFor();
      assert.ok((await detail.locator('dt').count()) > 2, 'a record shows its content and origin');
      await detail.locator('button[aria-expanded]').click();
      assert.match(await detail.locator('pre').innerText(), /"resourceType"/);
      await detail.locator('button[aria-expanded]').click();
      await accessible(page, 'detail');
      await shot('6-detail');
      await page.keyboard.press('Escape');
      await detail.waitFor({ state: 'detached' });

      // Breaking the glass is offered for everybody, in the same words.
      await page.locator('[data-break-glass]').click();
      await page.getByRole('dialog').waitFor();
      await page.locator('[data-confirm]').click();
      await page.getByRole('dialog').getByRole('alert').waitFor();
      await page.locator('input[name="ground"][value="life"]').check();
      await page.locator('textarea[name="reason"]').fill('unconscious');
      await accessible(page, 'break-glass');
      await shot('6b-break-glass');
      await page.locator('[data-confirm]').click();
      await page.locator('.glass-until').waitFor({ timeout: answerMs });
      await settled(page);
      await accessible(page, 'broken glass');

      await choose(page, patient);
      await settled(page);
      assert.ok((await page.locator('button.row').count()) > 0, 'she sees her own record');
      await accessible(page, 'own record');
      await shot('7-own');

      await page.locator('a[href="#access"]').click();
      const entry = page.locator(`li.access[data-who="${clinician.name}"]`).first();
      await entry.waitFor({ timeout: answerMs });
      assert.ok((await entry.locator('.access-sentence').innerText()).includes(clinician.name), 'the sentence names who');
      await accessible(page, 'access');
      await shot('8-access');

      await page.locator('a[href="#sharing"]').click();
      await page.locator('.block-list li').first().waitFor({ timeout: answerMs });
      await accessible(page, 'sharing');
      await shot('9-sharing');
      await endAll(page);
      const first = page.locator('.block-list li[data-blocked="false"]').first();
      const provider = await first.getAttribute('data-provider');
      await first.getByRole('button').click();
      await page.getByRole('dialog').waitFor();
      await accessible(page, 'warning');
      await shot('a-warning');
      await page.locator('[data-confirm]').click();
      await page.getByRole('dialog').getByRole('alert').waitFor();
      await page.locator('input[name="warning-read"]').check();
      await page.locator('[data-confirm]').click();
      const row = page.locator(`.block-list li[data-provider="${provider}"]`);
      await page.locator(`.block-list li[data-provider="${provider}"][data-blocked="true"]`).waitFor({ timeout: answerMs });
      await accessible(page, 'blocked');
      await shot('b-blocked');
      await row.getByRole('button').click();
      await page.locator('[data-confirm]').click();
      await page.locator(`.block-list li[data-provider="${provider}"][data-blocked="false"]`).waitFor({ timeout: answerMs });

      for (const address of session.addresses) {
        assert.ok(!address.includes(person.identifier.value), 'no personal number in an address');
        assert.ok(!address.includes(clinician.token) && !address.includes(patient.token), 'no token in an address');
        assert.equal(new URL(address).origin, new URL(url).origin, 'nothing from elsewhere');
      }
      await closed(session);
    });
  });
}

// Ends blocks that an earlier, interrupted walk left behind.
async function endAll(page) {
  for (let left = await page.locator('li[data-blocked="true"]').count(); left > 0; left--) {
    await page.locator('li[data-blocked="true"]').first().getByRole('button').click();
    await page.locator('[data-confirm]').click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.waitForFunction((wanted) => document.querySelectorAll('li[data-blocked="true"]').length < wanted, left);
  }
}

describe('keyboard and language', () => {
  test('the whole way to a record by keyboard alone', async () => {
    const { clinician, person } = await demo();
    const session = await open(looks[0]);
    const { page } = session;
    await page.locator(`button.card[data-user="${clinician.id}"]`).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.type(person.name ?? person.identifier.value);
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.chosen').waitFor();
    await page.locator('input[name="care-relation"]').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await settled(page);
    await page.locator('button.row').first().focus();
    await page.keyboard.press('ArrowDown');
    const second = await page.evaluate(() => document.activeElement?.getAttribute('data-key'));
    await page.keyboard.press('Enter');
    await page.locator('.detail').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-key')), second, 'focus comes back');
    await closed(session);
  });

  test('the language can be changed and is remembered; the user is not', async () => {
    const { clinician } = await demo();
    const session = await open(looks[0]);
    const { page } = session;
    assert.equal(await page.locator('html').getAttribute('lang'), 'sv');
    await page.locator('.segments button[lang="en"]').click();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await choose(page, clinician);
    await page.getByRole('combobox').waitFor();
    await page.reload();
    await page.locator('button.card').first().waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    assert.equal(await page.locator('.who').count(), 0, 'a reload forgets who was there');
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.ok(!kept.includes(clinician.token), 'no token is kept');
    await closed(session);
  });
});
