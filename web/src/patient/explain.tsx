// "Why can they see this?": what care staff of a provider she picks would see, and which rule decides.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { identifierParameter } from '../app/acting';
import { call } from '../app/api';
import type { Provider } from '../fhir/directory';
import type { Explained, Part, Reason } from '../fhir/explained';
import { explained } from '../fhir/explained';
import { language, t } from '../i18n';
import { categoryWord } from '../shared/choice-words';
import { useCarrying } from '../shared/confirm';
import { Choose } from '../shared/fields';
import * as format from '../shared/format';
import { hue } from '../shared/hues';
import { Icon } from '../shared/icon';
import { Problem } from '../shared/loading';

interface Answer {
  readonly name: string;
  readonly told: Explained;
}

export function Explain({ token, providers }: { token: string; providers: readonly Provider[] }) {
  const provider = useSignal(providers[0]?.id ?? '');
  const answer = useSignal<Answer | undefined>(undefined);
  const carrying = useCarrying();
  const heading = useRef<HTMLHeadingElement>(null);
  const ask = (event: Event) => {
    event.preventDefault();
    void carrying.out(async () => {
      const parameter = [{ name: 'provider', valueString: provider.value }, ...identifierParameter()];
      const got = await call('/fhir/Patient/$explain', { method: 'POST', token, body: { resourceType: 'Parameters', parameter } });
      answer.value = { name: providers.find((one) => one.id === provider.value)?.name ?? provider.value, told: explained(got) };
      requestAnimationFrame(() => heading.current?.focus());
    });
  };
  return (
    <section aria-labelledby="explain">
      <h2 id="explain">{t('explain.title')}</h2>
      <p class="muted">{t('explain.lead')}</p>
      <form class="inline-form" onSubmit={ask}>
        <Choose label={t('explain.provider')} name="explain-provider" value={provider} options={providers.map((one) => ({ value: one.id, label: one.name }))} />
        <button type="submit" disabled={carrying.busy.value} data-explain><Icon name="eye" />{t('explain.ask')}</button>
      </form>
      {carrying.failure.value !== undefined && <Problem error={carrying.failure.value} />}
      {answer.value && (
        <div class="explained">
          <h3 ref={heading} tabIndex={-1}>{t('explain.answer', { name: answer.value.name })}</h3>
          {answer.value.told.permit
            ? <p class="small muted">{t('explain.condition')}</p>
            : <p>{t('explain.refused', { why: words(answer.value.told.question) })}</p>}
          {answer.value.told.holders.length === 0 && <p class="muted">{t('explain.nothing')}</p>}
          {answer.value.told.holders.map((one) => (
            <div key={one.id} class="explained-holder">
              <h4><i class={`swatch ${hue(one.id)}`} aria-hidden="true" />{t('explain.written', { name: one.name })}</h4>
              <ul>{one.parts.map((part) => <Seen key={part.visible + part.categories.join()} part={part} />)}</ul>
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

function Seen({ part }: { part: Part }) {
  const what = format.list(part.categories.map(categoryWord));
  return (
    <li class={`seen seen-${part.visible}`} data-visible={part.visible}>
      <Icon name={part.visible === 'none' ? 'lock' : part.visible === 'some' ? 'alert' : 'eye'} />
      <div>
        <p><strong>{t(`explain.${part.visible}`)}:</strong> {what}</p>
        <p class="small muted">{t('explain.why', { why: format.list(part.reasons.map(words)) })}</p>
      </div>
    </li>
  );
}

function words(reason: Reason): string {
  return (language.value === 'sv' ? reason.sv : reason.en) ?? reason.rule ?? '';
}
