// The public page of rights and duties (EHDS Article 19(2)(b)), one file a language, without scripts and without signing in;
// and the same as data. What it says: src/information/information.json.

const words = {
  sv: {
    other: ['en', 'information.en.html', 'In English'], title: 'Rättigheter och skyldigheter', file: 'information.html',
    lead: 'Vad du har rätt till, och vad vården är skyldig att göra, enligt lagen om det europeiska hälsodataområdet ({law}). Nationell lag kan ge mer.',
    person: 'För alla', professional: 'För dig som arbetar i vården', provider: 'För vårdgivare',
    article: 'Artikel', version: 'version', changed: 'ändrad', of: 'Sidan: version {version}, {date}.', start: 'Till Idun', here: 'Så gör du:', data: 'Samma som data',
    contents: 'Innehåll',
  },
  en: {
    other: ['sv', 'information.html', 'På svenska'], title: 'Rights and duties', file: 'information.en.html',
    lead: 'What you have a right to, and what care must do, by the regulation on the European Health Data Space ({law}). National law may give more.',
    person: 'For everybody', professional: 'For you who work in care', provider: 'For care providers',
    article: 'Article', version: 'version', changed: 'changed', of: 'This page: version {version}, {date}.', start: 'To Idun', here: 'How:', data: 'The same as data',
    contents: 'Contents',
  },
};
const audiences = ['person', 'professional', 'provider'];

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function entryOf(entry, information, language) {
  const w = words[language];
  const text = entry[language];
  const here = text.here ? `<p><strong>${w.here}</strong> ${escape(text.here)}</p>` : '';
  return `<li id="${entry.id}"><h3>${escape(text.title)}</h3><p>${escape(text.text)}</p>${here}`
    + `<p class="muted small">${w.article} ${escape(entry.article)} · ${escape(information.applies[entry.applies][language])} · `
    + `${w.version} ${entry.version}, ${w.changed} <time datetime="${entry.date}">${entry.date}</time></p></li>`;
}

function pageOf(information, language, style, icon) {
  const w = words[language];
  const [otherLanguage, otherFile, otherName] = w.other;
  const parts = audiences.map((audience) => `<section id="${audience}"><h2>${w[audience]}</h2><ul>`
    + information.entries.filter((one) => one.for === audience).map((one) => entryOf(one, information, language)).join('\n') + '</ul></section>');
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<meta name="referrer" content="no-referrer">
<title>${w.title} · Idun</title>
<link rel="icon" href="/assets/${icon}" type="image/svg+xml">
<link rel="stylesheet" href="/assets/${style}">
</head>
<body>
<main class="information">
<p class="information-links"><a href="/">${w.start}</a> <a href="/${otherFile}" lang="${otherLanguage}" hreflang="${otherLanguage}">${otherName}</a></p>
<h1>${w.title}</h1>
<p class="lead">${escape(w.lead.replace('{law}', information.law[language]))}</p>
<nav aria-label="${w.contents}"><ul>${audiences.map((one) => `<li><a href="#${one}">${w[one]}</a></li>`).join('')}</ul></nav>
${parts.join('\n')}
<p class="muted small">${escape(w.of.replace('{version}', information.version).replace('{date}', information.date))} <a href="/information.json">${w.data}</a></p>
</main>
</body>
</html>
`;
}

// Name and content of each file.
export function informationFiles(information, style, icon) {
  return [
    ...Object.keys(words).map((language) => [words[language].file, pageOf(information, language, style, icon)]),
    ['information.json', JSON.stringify(information)],
  ];
}
