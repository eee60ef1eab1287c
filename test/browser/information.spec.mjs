// The public page of rights and duties: nobody signs in to read it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessible, closed, looks, open } from './walk.mjs';

for (const look of looks) {
  describe(look.name, () => {
    test('rights and duties are read without signing in, in both languages', async () => {
      const session = await open(look);
      const { page, shot } = session;
      await page.locator('footer a[href^="/information"]').click();
      await page.locator('main.information h1').waitFor();
      const language = await page.locator('html').getAttribute('lang');
      assert.equal(language, look.locale.slice(0, 2));
      assert.equal(await page.locator('main.information section').count(), 3);
      await accessible(page, 'information');
      await shot('information');
      await page.locator('.information-links a[hreflang]').click();
      await page.waitForURL((url) => url.pathname.startsWith('/information'));
      assert.notEqual(await page.locator('html').getAttribute('lang'), language);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing is cut');
      await closed(session);
    });
  });
}
