// A stand-in for the hub while the pages are developed: serves dist/ and the few calls the pages make, from a folder
// of FHIR bundles. Usage: IDUN_DEV_DATA=folder PORT=8090 node dev/server.mjs. It keeps everything in memory, checks
// nothing and is never part of what ships.
import { createServer } from 'node:http';
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
const folder = process.env.IDUN_DEV_DATA;
const port = Number(process.env.PORT ?? 8090);
const peopleMax = Number(process.env.IDUN_DEV_PEOPLE ?? 30);
const copies = Number(process.env.IDUN_DEV_COPIES ?? 1);
if (!folder) throw new Error('IDUN_DEV_DATA must name a folder of FHIR bundles');

const providers = [
  ['2321000016', 'Region Stockholm', 90], ['2321000131', 'Västra Götalandsregionen', 260],
  ['2321000024', 'Region Uppsala', 420], ['5560001234', 'Kungsholmens vårdcentral', 800],
  ['2120000142', 'Nacka kommun', 1300], ['5561112222', 'Apoteket Hjärtat', 2100],
].map(([id, name, delay]) => ({ id, name, delay }));

const personSystem = 'http://electronichealth.se/identifier/personnummer';
const people = readdirSync(folder).filter((name) => name.endsWith('.json')).slice(0, peopleMax).map((name) => {
  const entries = JSON.parse(readFileSync(join(folder, name), 'utf8')).entry;
  const patient = entries.find((entry) => entry.resource.resourceType === 'Patient').resource;
  return { patient, entries, value: personNumber(patient.birthDate, patient.id) };
});

function personNumber(birthDate, seed) {
  const serial = String(parseInt(createHash('sha1').update(seed).digest('hex').slice(0, 6), 16) % 1000).padStart(3, '0');
  const nine = birthDate.replaceAll('-', '').slice(2) + serial;
  let sum = 0;
  [...nine].forEach((digit, i) => { const n = Number(digit) * (i % 2 ? 1 : 2); sum += n > 9 ? n - 9 : n; });
  return birthDate.replaceAll('-', '') + serial + String((10 - (sum % 10)) % 10);
}
const nameOf = (patient) => `${patient.name[0].given.join(' ')} ${patient.name[0].family}`.replace(/\d/g, '');

const patientUser = people[people.length - 1];
const users = [
  { id: 'clinician-a', name: 'Anna Lind', role: 'clinician', provider: providers[0], unit: 'Akuten, Södra sjukhuset' },
  { id: 'clinician-b', name: 'Björn Ek', role: 'clinician', provider: providers[3], unit: 'Mottagningen' },
  { id: 'patient-a', name: nameOf(patientUser.patient), role: 'patient', provider: null, unit: null },
  { id: 'system-a', name: 'Journalsystem Väst', role: 'system', provider: providers[1], unit: null },
].map((user) => ({ ...user, provider: user.provider && { id: user.provider.id, name: user.provider.name }, token: `dev-${user.id}` }));

const consents = [];
const audit = [];

const sourceIssue = (provider, state, more = {}) => ({
  severity: ['late', 'down', 'refused'].includes(state) ? 'warning' : 'information',
  code: 'informational',
  details: { coding: [{ system: 'urn:idun:source-state', code: state }], text: `${provider.name}: ${state}` },
  extension: [{
    url: 'urn:idun:gather-source',
    extension: [
      { url: 'provider', valueString: provider.id }, { url: 'name', valueString: provider.name },
      ...(more.records === undefined ? [] : [{ url: 'records', valueInteger: more.records }]),
      ...(more.elapsed === undefined ? [] : [{ url: 'asOf', valueInstant: new Date().toISOString() }, { url: 'elapsed', valueInteger: more.elapsed },
        { url: 'receipt', valueString: createHash('sha256').update(randomUUID()).digest('hex') }]),
      ...(more.reason ? [{ url: 'reason', valueString: more.reason }] : []),
    ],
  }],
});
const outcome = (issues) => ({ search: { mode: 'outcome' }, resource: { resourceType: 'OperationOutcome', issue: issues } });
const searchset = (entry) => ({ resourceType: 'Bundle', type: 'searchset', entry });

function holdings(person, provider) {
  const index = providers.indexOf(provider);
  const found = [];
  person.entries.forEach((entry) => {
    const resource = entry.resource;
    if (resource.resourceType === 'Patient') return;
    const group = resource.encounter?.reference ?? resource.id;
    if (parseInt(createHash('md5').update(group).digest('hex').slice(0, 4), 16) % 5 !== index % 5 || index === 5) return;
    for (let copy = 0; copy < copies; copy++) {
      const id = copy ? `${resource.id}-${copy}` : resource.id;
      found.push({
        fullUrl: `https://node-${provider.id}.example/fhir/${resource.resourceType}/${id}`,
        resource: { ...resource, id, meta: { versionId: '1', lastUpdated: '2026-11-20T08:14:00Z' } },
        search: { mode: 'match' },
        extension: [{ url: 'urn:idun:source', valueReference: { identifier: { value: provider.id }, display: provider.name } }],
      });
    }
  });
  return found;
}

async function gather(user, parameters, response, streamed) {
  const identifier = parameters.parameter.find((one) => one.name === 'identifier')?.valueIdentifier;
  const person = user.role === 'patient' ? patientUser : people.find((one) => one.value === identifier?.value);
  const asked = person ? providers : [];
  response.writeHead(200, { 'Content-Type': streamed ? 'application/x-ndjson' : 'application/fhir+json', ...security });
  const final = new Map(asked.map((provider) => [provider, sourceIssue(provider, 'asked')]));
  const all = [];
  const write = (bundle) => (streamed ? response.write(`${JSON.stringify(bundle)}\n`) : all.push(...bundle.entry));
  write(searchset([outcome([...final.values()])]));
  await Promise.all(asked.map(async (provider) => {
    const mood = user.id === 'clinician-b' ? 'answered' : { '2120000142': 'late', '5561112222': 'empty' }[provider.id] ?? 'answered';
    await new Promise((done) => setTimeout(done, provider.delay));
    const hidden = user.role === 'clinician' && consents.some((one) => one.provision?.actor?.[0]?.reference.identifier.value === provider.id);
    const records = mood === 'answered' && !hidden ? holdings(person, provider) : [];
    const state = mood === 'answered' && records.length === 0 ? 'empty' : mood;
    const issue = sourceIssue(provider, state, { records: records.length, elapsed: provider.delay });
    final.set(provider, issue);
    write(searchset([...records, outcome([issue])]));
  }));
  write(searchset([outcome([...final.values()])]));
  if (!streamed) response.write(JSON.stringify(searchset(all)));
  response.end();
  if (person === patientUser) audit.unshift(auditEvent(user));
}

function auditEvent(user) {
  const own = user.role === 'patient';
  const at = user.provider?.name ?? '';
  return {
    resourceType: 'AuditEvent', id: randomUUID(), recorded: new Date().toISOString(), outcome: '0',
    agent: [
      { who: { display: user.name, identifier: { value: user.id } }, name: user.name, requestor: true, role: [{ text: own ? 'Patient' : 'Läkare' }] },
      ...(own ? [] : [{ who: { type: 'Organization', display: at }, requestor: false }]),
    ],
    purposeOfEvent: [{ coding: [{ code: own ? 'PATRQT' : 'TREAT' }], text: own ? 'Egen begäran' : 'Vård' }],
    entity: [{ what: { display: 'Diagnoser' } }, { what: { display: 'Läkemedel' } }],
    extension: [
      { url: 'urn:idun:sentence-sv', valueString: own ? 'Du läste din egen journal.' : `${user.name} vid ${at} läste din journal för att vårda dig.` },
      { url: 'urn:idun:sentence-en', valueString: own ? 'You read your own record.' : `${user.name} at ${at} read your record to care for you.` },
    ],
  };
}

const security = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

function send(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...security });
  response.end(value === undefined ? undefined : JSON.stringify(value));
}

function file(response, path) {
  try {
    const bytes = readFileSync(join(dist, path));
    response.writeHead(200, { 'Content-Type': types[extname(path)], 'Cache-Control': path === 'index.html' ? 'no-cache' : 'public, max-age=31536000, immutable', ...security });
    response.end(bytes);
  } catch {
    send(response, 404, { title: 'Not found', status: 404 });
  }
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const user = users.find((one) => `Bearer ${one.token}` === request.headers.authorization);
  if (pathname === '/') return file(response, 'index.html');
  if (/^\/assets\/[\w.-]+$/.test(pathname)) return file(response, pathname.slice(1));
  if (pathname === '/demo/users') return send(response, 200, { users });
  if (pathname === '/demo/people') {
    return send(response, 200, {
      people: people.map(({ patient, value }) => ({
        name: nameOf(patient), birthDate: patient.birthDate, gender: patient.gender, identifier: { system: personSystem, value },
      })),
    });
  }
  if (!user) return send(response, 401, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'login' }] });
  if (pathname === '/fhir/Patient/$gather') return gather(user, await body(request), response, request.headers.accept === 'application/x-ndjson');
  if (pathname === '/fhir/AuditEvent') return send(response, 200, searchset(audit.map((resource) => ({ resource }))));
  if (pathname === '/fhir/Organization') {
    return send(response, 200, searchset(providers.map(({ id, name }) => ({ resource: { resourceType: 'Organization', id, name } }))));
  }
  if (pathname === '/rights/warnings') return send(response, 200, { warnings: ['block', 'opt-out'].map((kind) => ({ kind, uri: `urn:idun:warning:${kind}:1` })) });
  if (pathname === '/fhir/Consent' && request.method === 'GET') return send(response, 200, searchset(consents.map((resource) => ({ resource }))));
  if (pathname === '/fhir/Consent' && request.method === 'POST') {
    const consent = { ...(await body(request)), id: randomUUID(), dateTime: new Date().toISOString() };
    consents.push(consent);
    return send(response, 201, consent);
  }
  if (pathname.startsWith('/fhir/Consent/') && request.method === 'DELETE') {
    const at = consents.findIndex((one) => pathname.endsWith(one.id));
    if (at >= 0) consents.splice(at, 1);
    return send(response, at >= 0 ? 204 : 404);
  }
  return send(response, 404, { title: 'Not found', status: 404 });
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
