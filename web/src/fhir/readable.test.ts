import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Words } from './datatypes';
import { narrative, readable } from './readable';
import type { Resource } from './types';

const words: Words = { code: (code) => (code === 'active' ? 'ongoing' : code), number: String, date: (value) => `<${value}>` };
const read = (resource: object, known: Record<string, Resource> = {}) =>
  readable({ resourceType: 'X', ...resource } as Resource, words, (reference) => known[reference]).map(({ name, text, children }) =>
    children.length ? [name, children.map((child) => [child.name, child.text])] : [name, text]);

test('datatypes as text', () => {
  const table: [object, unknown[]][] = [
    [{ status: 'active' }, [['status', 'ongoing']]],
    [{ effectiveDateTime: '2020-01-02' }, [['effective', '<2020-01-02>']]],
    [{ valueQuantity: { value: 5, unit: 'mg' } }, [['value', '5 mg']]],
    [{ onsetPeriod: { start: '2020', end: '2021' } }, [['onset', '<2020> – <2021>']]],
    [{ code: { coding: [{ system: 'http://snomed.info/sct', code: '1', display: 'Asthma' }] } }, [['code', 'Asthma (1)']]],
    [{ performer: [{ display: 'Anna' }, { display: 'Bo' }] }, [['performer', 'Anna\nBo']]],
    [{ note: [{ text: 'Hello', authorString: 'Bo' }] }, [['note', 'Hello – Bo']]],
    [{ subject: { reference: 'Patient/1' } }, [['subject', 'Eva Ek']]],
    [{ encounter: { reference: 'urn:uuid:unknown' } }, []],
    [{ primarySource: true }, [['primarySource', 'true']]],
    [{ referenceRange: [{ low: { value: 1, unit: 'g' }, high: { value: 2, unit: 'g' } }] }, [['referenceRange', '1 g – 2 g']]],
    [{ component: [{ code: { text: 'Pulse' }, valueInteger: 60 }] }, [['component', 'Pulse: 60']]],
    [{ content: [{ attachment: { contentType: 'application/pdf', title: 'Letter' } }] }, [['content', [['attachment', 'Letter (application/pdf)']]]]],
    [{ id: '1', meta: {}, text: { div: 'x' }, extension: [], _birthDate: {} }, []],
  ];
  const patient = { resourceType: 'Patient', name: [{ given: ['Eva'], family: 'Ek' }] } as Resource;
  for (const [resource, wanted] of table) assert.deepEqual(read(resource, { 'Patient/1': patient }), wanted, JSON.stringify(resource));
});

test('depth has an end', () => {
  let deep: object = { text: 'x', y: 1 };
  for (let i = 0; i < 10000; i++) deep = { a: deep };
  assert.deepEqual(read({ a: deep }), []);
});

test('narrative is words only', () => {
  const table: [string, string | undefined][] = [
    ['<div xmlns="http://www.w3.org/1999/xhtml"><p>Hello <b>there</b></p><p>Two &amp; three</p></div>', 'Hello there\nTwo & three'],
    ['<div><script>alert(1)</script><img src=x onerror=alert(1)>ok</div>', 'ok'],
    ['<div>5 &lt; 6 &#229; &#xe4;</div>', '5 < 6 å ä'],
    ['<div><ul><li>One</li><li>Two</li></ul></div>', 'One\nTwo'],
    ['<div> </div>', undefined],
    ['', undefined],
  ];
  for (const [div, wanted] of table) assert.equal(narrative({ resourceType: 'X', text: { div } } as Resource), wanted, div);
});
