// The whole list of accesses as a file: plain sentences to read, or FHIR for programs.
import { useSignal } from '@preact/signals';
import { lines } from '../app/api';
import { access } from '../fhir/audit';
import { resource } from '../fhir/types';
import { plural, t } from '../i18n';
import { sentenceOf } from '../shared/access-list';
import { useCarrying } from '../shared/confirm';
import { saveAs } from '../shared/save';
import { Icon } from '../shared/icon';
import { announce } from '../shared/live';
import { Problem } from '../shared/loading';

async function everything(token: string): Promise<string[]> {
  const found: string[] = [];
  for (let path: string | undefined = '/fhir/AuditEvent/$export'; path !== undefined;) {
    const part = await lines(path, { token });
    for (const line of part.text.split('\n')) if (line !== '') found.push(line);
    path = part.next;
  }
  return found;
}

export function asSentences(entries: readonly string[]): string {
  const told = entries.flatMap((line, index) => {
    const event = resource(JSON.parse(line));
    const one = event && access(event, index);
    return one ? [`${one.recorded ?? ''}\t${sentenceOf(one) ?? t('access.fallback', { who: one.who ?? t('access.unknown') })}`] : [];
  });
  return `${told.join('\r\n')}\r\n`;
}

export function AccessFile({ token }: { token: string }) {
  const carrying = useCarrying();
  const kept = useSignal(0);
  const save = (readable: boolean) => void carrying.out(async () => {
    const entries = await everything(token);
    if (readable) saveAs('accesses.txt', 'text/plain;charset=utf-8', asSentences(entries));
    else saveAs('accesses.ndjson', 'application/fhir+ndjson', `${entries.join('\n')}\n`);
    kept.value = entries.length;
    announce(plural('access.file.done', entries.length));
  });
  return (
    <section class="access-file" aria-labelledby="access-file">
      <h2 id="access-file">{t('access.file')}</h2>
      <p class="muted">{t('access.file.lead')}</p>
      <div class="acts">
        <button type="button" disabled={carrying.busy.value} data-save="text" onClick={() => save(true)}><Icon name="document" />{t('access.file.text')}</button>
        <button type="button" disabled={carrying.busy.value} data-save="fhir" onClick={() => save(false)}><Icon name="down" />{t('access.file.fhir')}</button>
      </div>
      {kept.value > 0 && <p class="small muted" data-saved>{plural('access.file.done', kept.value)}</p>}
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
    </section>
  );
}
