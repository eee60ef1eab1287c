// Walks what follows after somebody has looked: a person searches, keeps and is told; supervisors look across people.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { accessible, answerMs, choose, cleanAddresses, closed, demo, findPerson, looks, open, settled } from './walk.mjs';

const walked = looks.filter((look) => look.name === 'wide-light-sv' || look.name === 'phone-light-en');
const dialog = (page) => page.getByRole('dialog').last();

async function tab(page, name, sign) {
  await page.locator(`a[href="#${name}"]`).click();
  await page.locator(sign).first().waitFor({ timeout: answerMs });
}

async function readAs(page, clinician, person) {
  await choose(page, clinician);
  await findPerson(page, person);
  await page.locator('input[name="care-relation"]').check();
  await page.locator('form.find button[type="submit"]').click();
  await settled(page);
}

// What the hub lists after a search; the list is drawn anew for each.
async function searched(page, fill) {
  const form = page.locator('[data-access-search]');
  if (!(await form.isVisible())) await page.locator('.card-fold > summary').first().click();
  await fill(form);
  const answered = page.waitForResponse((response) => response.url().includes('/fhir/AuditEvent') && response.status() === 200);
  await form.locator('[data-search]').click();
  await answered;
}

async function saved(page, kind) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator(`[data-save="${kind}"]`).click()]);
  return readFile(await file.path(), 'utf8');
}

async function inMatter(page, reference) {
  const form = page.locator('[data-matter]');
  await form.locator('input[name="ground"]').fill('Patientdatalagen 7 kap.');
  await form.locator('input[name="reference"]').fill(reference);
  await page.locator('[data-set-matter]').click();
  await page.locator('[data-other-matter]').waitFor();
}

for (const look of walked) {
  describe(look.name, () => {
    test('a person searches the list of accesses, keeps it, and chooses to be told by mail', async () => {
      const { users, people, patients, clinicians } = await demo();
      const session = await open(look);
      const { page, shot } = session;
      const person = patients[1];
      await readAs(page, clinicians[1], people.find((one) => one.name === person.name));
      await choose(page, person);
      await tab(page, 'access', `li.access[data-who="${clinicians[1].name}"]`);
      await searched(page, async (form) => {
        await form.locator('input[name="from"]').fill('2020-01-01');
        await form.locator('select[name="purpose"]').selectOption('TREAT');
      });
      await page.locator(`li.access[data-who="${clinicians[1].name}"]`).first().waitFor({ timeout: answerMs });
      await accessible(page, 'searching the list of accesses');
      await shot('sa-access-search');
      await searched(page, (form) => form.locator('input[name="to"]').fill('2020-01-02'));
      await page.locator('li.access').first().waitFor({ state: 'detached', timeout: answerMs });
      await page.locator('[data-clear]').click();
      await page.locator(`li.access[data-who="${clinicians[1].name}"]`).first().waitFor({ timeout: answerMs });
      const told = await saved(page, 'text');
      assert.ok(told.includes(clinicians[1].name), 'the file says who has looked');
      const entries = (await saved(page, 'fhir')).trim().split('\n').map((line) => JSON.parse(line));
      assert.ok(entries.length > 0 && entries.every((one) => one.resourceType === 'AuditEvent'));
      await page.locator('[data-saved]').waitFor();
      assert.match(await saved(page, 'proof'), /^idun-person-proof\/v1\n/, 'a proof for a log');
      await page.locator('[data-proof-saved]').waitFor();

      await tab(page, 'messages', '.card-fold');
      await page.locator('.card-fold > summary').click();
      const form = page.locator('[data-delivery]');
      await form.locator('input[value="digest"]').check();
      await form.locator('input[name="address"]').fill('');
      await page.locator('[data-save-delivery]').click();
      await form.getByRole('alert').waitFor();
      await form.locator('input[name="address"]').fill('person@example.org');
      await page.locator('[data-save-delivery]').click();
      await page.locator('[data-delivery-saved]').waitFor({ timeout: answerMs });
      await accessible(page, 'mail');
      await shot('sb-mail');
      await form.locator('input[value="off"]').check();
      await page.locator('[data-save-delivery]').click();
      await page.locator('[data-delivery-saved]').waitFor({ timeout: answerMs });
      cleanAddresses(session, users, people);
      await closed(session);
    });

    test('a supervisor says the matter, sees what is worth a look, and withholds an access by a decision until it is lifted', async () => {
      const { users, people, patients, clinicians } = await demo();
      const supervisor = users.find((one) => one.role === 'supervisor');
      const session = await open(look);
      const { page, shot } = session;
      const person = patients[2], clinician = clinicians[2];
      await readAs(page, clinician, people.find((one) => one.name === person.name));
      await choose(page, supervisor);
      await page.locator('[data-set-matter]').click();
      await page.getByRole('alert').waitFor();
      await accessible(page, 'the matter');
      await inMatter(page, `IVO 2026-${look.width}`);
      await page.locator('[data-rule]').first().waitFor({ timeout: answerMs });
      await accessible(page, 'worth a look');
      await shot('sc-patterns');

      await tab(page, 'entries', '[data-entries]');
      await page.locator('[data-entries] input[name="user"]').fill(clinician.id);
      await page.locator('[data-entries] [data-search]').click();
      const line = page.locator('li[data-entry]', { has: page.locator('[data-act="withhold"]') }).first();
      await line.waitFor({ timeout: answerMs });
      await accessible(page, 'accesses of one user');
      await shot('sd-entries');
      await line.locator('[data-act="withhold"]').click();
      await dialog(page).locator('[data-confirm]').click();
      await dialog(page).getByRole('alert').waitFor();
      await dialog(page).locator('input[name="reason"]').fill('an investigation that goes on');
      await dialog(page).locator('input[name="decision"]').fill('D-1');
      const lastDay = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
      await dialog(page).locator('input[name="until"]').fill(lastDay);
      await accessible(page, 'withholding');
      await dialog(page).locator('[data-confirm]').click();
      await page.locator('[data-done]').waitFor({ timeout: answerMs });

      await tab(page, 'withheld', '[data-withheld]');
      await page.locator('[data-withheld] [data-until]').first().waitFor();
      await accessible(page, 'withheld');
      await shot('se-withheld');
      await page.locator('[data-act="lift"]').first().click();
      await dialog(page).locator('input[name="decision"]').fill('D-1');
      await dialog(page).locator('[data-confirm]').click();
      await page.locator('[data-done]').waitFor({ timeout: answerMs });

      await tab(page, 'logs', '[data-log]');
      await accessible(page, 'the accounts of logs');
      await shot('sf-logs');
      cleanAddresses(session, users, people);
      await closed(session);
    });

    test('a supervisor moves a complaint on, and the person reads what is done', async () => {
      const { users, patients } = await demo();
      const supervisor = users.find((one) => one.role === 'supervisor');
      const session = await open(look);
      const { page, shot } = session;
      const person = patients[3], words = `too many have looked, ${look.name}`;
      await choose(page, person);
      await tab(page, 'messages', '[data-complain]');
      await page.locator('[data-complain]').click();
      await dialog(page).locator('textarea[name="complaint"]').fill(words);
      await dialog(page).locator('[data-confirm]').click();
      await page.locator('li[data-case]', { hasText: words }).waitFor({ timeout: answerMs });
      await choose(page, supervisor);
      await tab(page, 'cases', 'li[data-case]');
      const one = page.locator('li[data-case]', { hasText: words }).first();
      await one.locator('[data-move-on]').click();
      await one.getByRole('alert').waitFor();
      await one.locator('select[name="status"]').selectOption('completed');
      await one.locator('textarea[name="note"]').fill('They had a care relation, all of them.');
      await accessible(page, 'everybody’s cases');
      await shot('sg-cases');
      await one.locator('[data-move-on]').click();
      await page.locator('li[data-case][data-status="completed"]', { hasText: words }).waitFor({ timeout: answerMs });
      await choose(page, person);
      await tab(page, 'messages', 'li[data-case][data-status="completed"]');
      await closed(session);
    });
  });
}
