// Walks the first pages in a real browser against a running hub with demonstration users.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessible, answerMs, choose, cleanAddresses, closed, demo, endAll, findPerson, looks, open, settled } from './walk.mjs';

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
      await page.locator('form.find button[type="submit"]').click();
      await page.getByRole('alert').waitFor();
      assert.equal(await page.locator('[data-phase]').count(), 0, 'nothing is asked without a care relation');
      await relation.check();
      await accessible(page, 'find');
      await shot('3-chosen');
      await page.locator('form.find button[type="submit"]').click();
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
      await page.locator('[data-add-block]').waitFor({ timeout: answerMs });
      await accessible(page, 'sharing');
      await shot('9-sharing');
      await endAll(page);
      await page.locator('[data-add-block]').click();
      await page.getByRole('dialog').waitFor();
      await page.locator('select[name="provider"]').selectOption({ index: 1 });
      await accessible(page, 'warning');
      await shot('a-warning');
      await page.locator('[data-confirm]').click();
      await page.getByRole('dialog').getByRole('alert').waitFor();
      await page.locator('input[name="warning-read"]').check();
      await page.locator('[data-confirm]').click();
      await page.locator('li[data-kind="block"]').waitFor({ timeout: answerMs });
      await accessible(page, 'blocked');
      await shot('b-blocked');
      await endAll(page);

      cleanAddresses(session, [clinician, patient], [person]);
      await closed(session);
    });
  });
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
