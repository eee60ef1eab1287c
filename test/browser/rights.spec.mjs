// Walks a person's rights in a real browser: each is done once on a wide screen and once on a phone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessible, answerMs, choose, cleanAddresses, closed, demo, endAll, findPerson, looks, open, settled } from './walk.mjs';

const walked = looks.filter((look) => look.name === 'wide-light-sv' || look.name === 'phone-light-en');

async function tab(page, name, sign) {
  await page.locator(`a[href="#${name}"]`).click();
  await page.locator(sign).first().waitFor({ timeout: answerMs });
}
const sharing = (page) => tab(page, 'sharing', '[data-add-block]');
const dialog = (page) => page.getByRole('dialog').last();

// Confirms the open dialog, having read what there is to read.
async function confirm(page) {
  const open = dialog(page);
  await open.waitFor();
  const read = open.locator('input[name="warning-read"]');
  if (await read.count()) await read.check();
  const before = await page.locator('dialog[open]').count();
  await open.locator('[data-confirm]').click();
  await page.waitForFunction((count) => document.querySelectorAll('dialog[open]').length < count, before, { timeout: answerMs });
}

async function addBlock(page, fill) {
  await page.locator('[data-add-block]').click();
  await dialog(page).waitFor();
  await fill(dialog(page));
  const words = (await dialog(page).locator('.preview').evaluate((element) => element.lastChild.textContent)).trim();
  await confirm(page);
  await page.locator('li[data-kind="block"] p', { hasText: words }).first().waitFor({ timeout: answerMs });
  return words;
}

async function readAs(page, clinician, person) {
  await choose(page, clinician);
  await findPerson(page, person);
  await page.locator('input[name="care-relation"]').check();
  await page.locator('form.find button[type="submit"]').click();
  await settled(page);
}

// Representatives that an interrupted walk left behind.
async function revokeAll(page) {
  const revoke = page.locator('li[data-kind="mandate"] [data-act="revoke"]');
  for (let left = await revoke.count(); left > 0; left--) {
    await revoke.first().click();
    await confirm(page);
    await page.waitForFunction((wanted) => document.querySelectorAll('li[data-kind="mandate"]').length < wanted, left);
  }
}

async function actFor(page, user, name) {
  await choose(page, user);
  await tab(page, 'people', '[data-add-mandate]');
  await page.locator('li[data-acting]', { hasText: name }).locator('[data-act="act"]').click();
  await page.locator('[data-acting-now]').waitFor();
  await settled(page);
}

async function giveMandate(page, to, fill) {
  await page.locator('[data-add-mandate]').click();
  await dialog(page).locator('input[role="combobox"]').fill(to.name);
  await page.getByRole('option').first().click();
  await fill(dialog(page));
  await confirm(page);
  await page.locator('li[data-kind="mandate"]', { hasText: to.name }).waitFor({ timeout: answerMs });
}

for (const look of walked) {
  describe(look.name, () => {
    test('blocks of every kind, in words, with exceptions and dates; their history', async () => {
      const { users, people, patients, clinicians } = await demo();
      const session = await open(look);
      const { page, shot } = session;
      const person = people.find((one) => one.name === patients[1].name);
      await readAs(page, clinicians[1], person);
      await choose(page, patients[1]);
      await sharing(page);
      await endAll(page);
      await page.locator('[data-add-block]').click();
      await dialog(page).locator('input[name="layer"][value="inner"]').check();
      await dialog(page).locator('[data-confirm]').click();
      await dialog(page).getByRole('alert').waitFor();
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });

      await addBlock(page, async (form) => {
        const provider = form.locator('select[name="provider"]');
        await provider.selectOption(clinicians[0].provider.id);
        await form.locator('select[name="unit"]').selectOption({ label: clinicians[0].unit });
        await form.locator('select[name="kind"]').selectOption('category:test-result');
        await form.locator('summary').last().click();
        await form.locator(`input[name="except-provider"][value="${clinicians[2].provider.id}"]`).check();
        await form.locator(`input[name="except-user"][value="${clinicians[1].id}"]`).check();
        await form.locator('input[name="to"]').fill('2031-12-03');
        await accessible(page, 'block form');
        await shot('r1-block-form');
        const words = await form.locator('.preview').innerText();
        for (const said of [clinicians[0].provider.name, clinicians[0].unit, clinicians[2].provider.name, clinicians[1].name, '2031'])
          assert.ok(words.includes(said), `the preview says ${said}`);
      });
      await addBlock(page, async (form) => {
        await form.locator('select[name="provider"]').selectOption(clinicians[0].provider.id);
        await form.locator('select[name="kind"]').selectOption('element:allergies');
        await form.locator('input[name="layer"][value="inner"]').check();
      });
      await addBlock(page, async (form) => {
        await form.locator('input[name="layer"][value="abroad"]').check();
        await form.locator('select[name="country"]').selectOption('NO');
        await form.locator('summary').first().click();
        await form.locator('input[name="care-from"]').fill('2001-01-01');
        await form.locator('input[name="care-to"]').fill('2002-12-31');
      });
      await addBlock(page, async () => {});
      assert.equal(await page.locator('li[data-kind="block"]').count(), 4);
      await accessible(page, 'blocks');
      await shot('r2-blocks');

      await page.locator('[data-add-lift]').click();
      await dialog(page).locator('select[name="days"]').selectOption('7');
      await accessible(page, 'lift form');
      await shot('r3-lift-form');
      await confirm(page);
      await page.locator('li[data-kind="lift"]').waitFor({ timeout: answerMs });
      await shot('r4-lifted');

      await page.locator('select[name="explain-provider"]').selectOption(clinicians[3].provider.id);
      await page.locator('[data-explain]').click();
      await page.locator('.explained li').first().waitFor({ timeout: answerMs });
      assert.ok((await page.locator('.explained li[data-visible="none"], .explained li[data-visible="some"]').count()) > 0, 'what the blocks hide is explained');
      await accessible(page, 'explained');
      await page.locator('.explained').scrollIntoViewIfNeeded();
      await shot('r5-explained');

      await endAll(page);
      assert.equal(await page.locator('li[data-choice]').count(), 0);
      await page.locator('[data-history]').click();
      await page.locator('.history-list li').first().waitFor({ timeout: answerMs });
      assert.ok((await page.locator('.history-list li[data-version="ended"]').count()) >= 5, 'every end is a version');
      await accessible(page, 'history');
      cleanAddresses(session, users, people);
      await closed(session);
    });

    test('one entry is hidden from the entry itself', async () => {
      const { patients } = await demo();
      const session = await open(look);
      const { page, shot } = session;
      await choose(page, patients[1]);
      await settled(page);
      await page.locator('button.row').first().click();
      await page.locator('[data-hide]').click();
      await page.locator('input[name="warning-read"]').waitFor({ timeout: answerMs });
      await accessible(page, 'hide an entry');
      await shot('r6-hide-entry');
      await confirm(page);
      await page.locator('[data-hidden]').waitFor({ timeout: answerMs });
      await page.keyboard.press('Escape');
      await sharing(page);
      await page.locator('li[data-kind="block"]').first().waitFor({ timeout: answerMs });
      await endAll(page);
      await closed(session);
    });

    test('outside sharing and back, with the gap; secondary use is a switch of its own', async () => {
      const { patients } = await demo();
      const session = await open(look);
      const { page, shot } = session;
      await choose(page, patients[1]);
      await sharing(page);
      for (const kind of ['opt-out', 'secondary-opt-out']) {
        const section = page.locator(`[data-switch="${kind}"]`);
        if ((await section.getAttribute('data-opted-out')) === 'true') {
          await section.getByRole('button').click();
          await confirm(page);
          await page.locator(`[data-switch="${kind}"][data-opted-out="false"]`).waitFor({ timeout: answerMs });
        }
        await section.getByRole('button').click();
        await accessible(page, `${kind} asked`);
        await confirm(page);
        await page.locator(`[data-switch="${kind}"][data-opted-out="true"]`).waitFor({ timeout: answerMs });
      }
      await shot('r7-outside');
      for (const kind of ['opt-out', 'secondary-opt-out']) {
        await page.locator(`[data-switch="${kind}"]`).getByRole('button').click();
        await confirm(page);
        await page.locator(`[data-switch="${kind}"][data-opted-out="false"]`).waitFor({ timeout: answerMs });
      }
      await page.locator('[data-history]').click();
      await page.locator('.gap').waitFor({ timeout: answerMs });
      await accessible(page, 'gap');
      await page.locator('.gap').scrollIntoViewIfNeeded();
      await shot('r8-gap');
      await closed(session);
    });

    test('a representative is chosen, acts within her mandate, is changed and revoked', async () => {
      const { users, people, patients } = await demo();
      const session = await open(look);
      const { page, shot } = session;
      const [, , eva, adam] = patients;
      await choose(page, eva);
      await tab(page, 'people', '[data-add-mandate]');
      await revokeAll(page);
      await page.locator('[data-add-mandate]').click();
      await dialog(page).locator('[data-confirm]').click();
      await dialog(page).getByRole('alert').waitFor();
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
      await giveMandate(page, adam, async (form) => {
        await form.locator('input[name="what"][value="part"]').check();
        await form.locator('input[name="category"][value="test-result"]').check();
        await form.locator('input[name="category"][value="imaging"]').check();
        await form.locator('select[name="purpose"]').selectOption('PWATRNY');
        await form.locator('input[name="to"]').fill('2031-12-03');
        await accessible(page, 'mandate form');
        await shot('r9-mandate-form');
      });
      await accessible(page, 'representatives');
      await shot('ra-representatives');

      // Of a part: the record, not who has looked, nor messages, nor choices.
      await actFor(page, adam, eva.name);
      assert.ok((await page.locator('[data-acting-now]').innerText()).includes(eva.name), 'for whom she acts is in sight');
      assert.equal(await page.locator('nav.tabs a').count(), 1, 'a part opens the record only');
      await accessible(page, 'acting for a part');
      await shot('rb-acting-part');
      await page.locator('[data-stop-acting]').click();
      await page.locator('[data-add-mandate]').waitFor({ timeout: answerMs });

      await choose(page, eva);
      await tab(page, 'people', 'li[data-kind="mandate"]');
      await page.locator('[data-act="change"]').click();
      await dialog(page).locator('input[name="what"][value="whole"]').check();
      await dialog(page).locator('input[name="manage"]').check();
      await confirm(page);
      await page.locator('[data-done]').waitFor({ timeout: answerMs });
      assert.equal(await page.locator('li[data-kind="mandate"]').count(), 1, 'the new mandate stands in for the old');

      await actFor(page, adam, eva.name);
      assert.equal(await page.locator('nav.tabs a').count(), 4);
      await tab(page, 'access', 'li.access');
      await page.locator(`li.access[data-who="${adam.name}"]`).first().waitFor({ timeout: answerMs });
      await accessible(page, 'acting: who has looked');
      await shot('rc-acting-access');
      await tab(page, 'messages', 'h1');
      await accessible(page, 'acting: messages');
      await sharing(page);
      await addBlock(page, async (form) => form.locator('select[name="kind"]').selectOption('element:allergies'));
      await shot('rd-acting-sharing');
      await endAll(page);

      await choose(page, eva);
      await tab(page, 'access', '.mark.quiet');
      await sharing(page);
      await page.locator('[data-history]').click();
      await page.locator('.history-list li', { hasText: adam.name }).first().waitFor({ timeout: answerMs });
      await tab(page, 'people', 'li[data-kind="mandate"]');
      await revokeAll(page);
      await choose(page, adam);
      await tab(page, 'people', '[data-add-mandate]');
      assert.equal(await page.locator('li[data-acting]', { hasText: eva.name }).count(), 0, 'a revoked mandate is gone');
      cleanAddresses(session, users, people);
      await closed(session);
    });

    test('a broken glass is told and marked, followed up and answered; complaints; messages switched off and on', async () => {
      const { people, patients, clinicians } = await demo();
      const session = await open(look);
      const { page, shot } = session;
      const eva = patients[4], reason = `unconscious, ${look.name}`;
      await readAs(page, clinicians[4], people.find((one) => one.name === eva.name));
      await page.locator('[data-break-glass]').click();
      await page.locator('input[name="ground"][value="life"]').check();
      await page.locator('textarea[name="reason"]').fill(reason);
      await page.locator('[data-confirm]').click();
      await page.locator('.glass-until').waitFor({ timeout: answerMs });
      await settled(page);
      await page.locator('.person-bar button').first().click();
      const asked = page.locator('.follow-ups li[data-case]', { hasText: reason }).first();
      await asked.locator('textarea[name="answer"]').fill('She did not wake up.');
      await accessible(page, 'follow-up');
      await shot('re-follow-up');
      await asked.getByRole('button').click();
      await page.locator('.follow-ups li[data-case][data-status="in-progress"]', { hasText: reason }).waitFor({ timeout: answerMs });

      await choose(page, eva);
      await tab(page, 'access', 'li.access[data-glass="life"] .mark');
      await accessible(page, 'access with a broken glass');
      await shot('rf-access-glass');
      await tab(page, 'messages', 'li[data-message="break-glass"]');
      const opening = page.locator('li[data-case]', { hasText: reason }).first();
      await opening.locator('summary').click();
      assert.ok((await opening.innerText()).includes('She did not wake up.'), 'she reads the answer');
      const notify = page.locator('input[name="notify"]');
      const was = await notify.isChecked();
      for (const wanted of [!was, was]) {
        await notify.click();
        await page.waitForFunction((on) => document.querySelector('input[name="notify"]').checked === on && !document.querySelector('input[name="notify"]').disabled, wanted);
      }
      await page.locator('[data-complain]').click();
      await dialog(page).locator('[data-confirm]').click();
      await dialog(page).getByRole('alert').waitFor();
      await dialog(page).locator('textarea[name="complaint"]').fill('I was not told in time.');
      await dialog(page).locator('select[name="provider"]').selectOption({ index: 2 });
      await accessible(page, 'complaint form');
      await shot('rg-complaint');
      await dialog(page).locator('[data-confirm]').click();
      const complaint = page.locator('li[data-case][data-status="received"]', { hasText: 'I was not told in time.' }).first();
      await complaint.waitFor({ timeout: answerMs });
      await complaint.locator('summary').click();
      await page.locator('li[data-message="case"]').first().waitFor({ timeout: answerMs });
      await accessible(page, 'messages and cases');
      await shot('rh-messages');
      await closed(session);
    });

    test('a mandate on paper is registered; the person sees from which paper', async () => {
      const { patients, registrar } = await demo();
      const session = await open(look);
      const { page, shot } = session;
      const paper = `paper-${look.width}-${Date.now()}`;
      await choose(page, registrar);
      await page.locator('[data-register]').click();
      await page.getByRole('alert').waitFor();
      for (const [index, one] of [patients[5], patients[0]].entries()) {
        await page.locator('input[role="combobox"]').first().fill(one.name);
        await page.getByRole('option').first().click();
        assert.equal(await page.locator('.chosen').count(), index + 1);
      }
      await page.locator('input[name="evidence"]').fill(paper);
      await page.locator('input[name="manage"]').check();
      await accessible(page, 'mandate on paper');
      await shot('ri-paper');
      await page.locator('[data-register]').click();
      await page.locator('[data-done]').waitFor({ timeout: answerMs });
      await choose(page, patients[5]);
      await tab(page, 'people', 'li[data-kind="mandate"]');
      await page.locator('li[data-kind="mandate"]', { hasText: paper }).waitFor({ timeout: answerMs });
      await revokeAll(page);
      await closed(session);
    });
  });
}
