// Words for codes and element names of FHIR itself. What is missing is shown as it is written.

export const codesSv: Readonly<Record<string, string>> = {
  active: 'pågående', inactive: 'inaktiv', recurrence: 'återfall', relapse: 'återfall', remission: 'i remission',
  resolved: 'avslutad', completed: 'genomförd', finished: 'avslutat', 'in-progress': 'pågår', planned: 'planerat',
  arrived: 'anlänt', triaged: 'triagerat', cancelled: 'inställt', stopped: 'avslutad', 'on-hold': 'pausad',
  draft: 'utkast', final: 'slutlig', amended: 'ändrad', corrected: 'rättad', preliminary: 'preliminär',
  registered: 'registrerad', partial: 'delvis', available: 'tillgänglig', current: 'gällande', superseded: 'ersatt',
  'entered-in-error': 'felregistrerad', unknown: 'okänt', revoked: 'återkallad', 'not-done': 'inte gjord',
  confirmed: 'bekräftad', unconfirmed: 'obekräftad', provisional: 'preliminär', differential: 'differentialdiagnos',
  refuted: 'avskriven', order: 'ordination', plan: 'plan', proposal: 'förslag', accepted: 'antagen',
  'criticality-low': 'låg risk', 'criticality-high': 'hög risk', 'criticality-unable-to-assess': 'risk okänd',
  low: 'låg', high: 'hög', allergy: 'allergi', intolerance: 'överkänslighet', food: 'föda', medication: 'läkemedel',
  environment: 'miljö', biologic: 'biologiskt', mild: 'lindrig', moderate: 'måttlig', severe: 'svår',
  achieved: 'uppnått', improving: 'förbättras', worsening: 'försämras', 'no-change': 'oförändrat',
  'not-achieved': 'inte uppnått', sustaining: 'bibehålls', male: 'man', female: 'kvinna', other: 'annat',
  true: 'ja', false: 'nej', AMB: 'öppenvård', EMER: 'akut', IMP: 'slutenvård', ACUTE: 'slutenvård', HH: 'hemsjukvård', VR: 'distans',
  OBSENC: 'observation', SS: 'dagvård', FLD: 'fältvård', routine: 'rutin', urgent: 'brådskande', asap: 'snarast', stat: 'omedelbart',
  official: 'officiell', usual: 'vanlig', secondary: 'sekundär', wellness: 'friskvård', outpatient: 'öppenvård',
  inpatient: 'slutenvård', ambulatory: 'öppenvård', emergency: 'akut',
};

export const codesEn: Readonly<Record<string, string>> = {
  'criticality-low': 'low risk', 'criticality-high': 'high risk', 'criticality-unable-to-assess': 'risk unknown',
  'in-progress': 'in progress', 'on-hold': 'on hold', 'entered-in-error': 'entered in error', 'not-done': 'not done',
  'no-change': 'no change', 'not-achieved': 'not achieved', true: 'yes', false: 'no', AMB: 'outpatient',
  EMER: 'emergency', IMP: 'inpatient', ACUTE: 'inpatient', HH: 'home care', VR: 'remote', OBSENC: 'observation', SS: 'day care', FLD: 'field',
};

export const elementsSv: Readonly<Record<string, string>> = {
  status: 'Status', clinicalStatus: 'Klinisk status', verificationStatus: 'Säkerhet', category: 'Kategori', code: 'Kod',
  type: 'Typ', criticality: 'Risk', severity: 'Svårighetsgrad', subject: 'Person', patient: 'Person', encounter: 'Besök',
  effective: 'Tidpunkt', issued: 'Utfärdat', value: 'Värde', interpretation: 'Tolkning', note: 'Anteckning',
  referenceRange: 'Referensintervall', component: 'Delvärden', performer: 'Utförd av', performed: 'Utfört', onset: 'Debut',
  abatement: 'Upphörde', recordedDate: 'Registrerat', recorder: 'Registrerat av', asserter: 'Enligt', authoredOn: 'Ordinerat',
  requester: 'Ordinerat av', medication: 'Läkemedel', dosageInstruction: 'Dosering', dosage: 'Dosering',
  reasonReference: 'Orsak', reasonCode: 'Orsak', intent: 'Avsikt', vaccineCode: 'Vaccin', occurrence: 'Tidpunkt',
  lotNumber: 'Batchnummer', primarySource: 'Förstahandsuppgift', class: 'Vårdform', period: 'Period',
  participant: 'Deltagare', serviceProvider: 'Vårdenhet', hospitalization: 'Inläggning', location: 'Plats',
  activity: 'Aktivitet', addresses: 'Gäller', goal: 'Mål', lifecycleStatus: 'Status', achievementStatus: 'Uppfyllelse',
  description: 'Beskrivning', target: 'Mål', conclusion: 'Bedömning', result: 'Resultat', presentedForm: 'Dokument',
  started: 'Startade', numberOfSeries: 'Antal serier', numberOfInstances: 'Antal bilder', series: 'Serier',
  modality: 'Metod', bodySite: 'Kroppsdel', content: 'Innehåll', attachment: 'Bilaga', author: 'Författare',
  custodian: 'Ansvarig', date: 'Datum', title: 'Rubrik', reaction: 'Reaktion', manifestation: 'Yttring',
  substance: 'Ämne', identifier: 'Beteckning', dispenseRequest: 'Uttag', quantity: 'Mängd', priority: 'Prioritet',
  individual: 'Person', actor: 'Vem', role: 'Roll', detail: 'Detaljer', outcome: 'Utfall', text: 'Text',
  low: 'Nedre', high: 'Övre', method: 'Metod', specimen: 'Prov', device: 'Utrustning', basedOn: 'Grundat på',
  context: 'Sammanhang', section: 'Avsnitt', doseQuantity: 'Dos', route: 'Väg', site: 'Ställe', start: 'Början', end: 'Slut',
};
