// One case: its number and status, what it is about, and every step so far.
import type { ComponentChildren } from 'preact';
import type { Case, Step } from '../fhir/messages';
import { isOver } from '../fhir/messages';
import type { Key } from '../i18n';
import { codeWord, t } from '../i18n';
import * as format from './format';
import { Icon } from './icon';

const statuses = ['received', 'in-progress', 'completed', 'rejected'];

export function statusWord(status: string): string {
  return statuses.includes(status) ? t(`case.status.${status}` as Key) : status;
}

// Said above in the reader's language.
function isForwarding(step: Step, one: Case): boolean {
  return one.forwarded !== undefined && step.note === `forwarded to ${one.forwarded}`;
}

export function CaseView({ one, provider, children }: { one: Case; provider?: string | undefined; children?: ComponentChildren }) {
  return (
    <li data-case={one.number} data-status={one.status}>
      <div class="case-head">
        <h3>{t(`case.${one.kind}`, { number: one.number })}</h3>
        <span class={`badge ${isOver(one) ? 'over' : ''}`}>
          <Icon name={one.status === 'completed' ? 'check' : one.status === 'rejected' ? 'no' : 'clock'} />
          <span class="visually-hidden">{t('case.status')}: </span>{statusWord(one.status)}
        </span>
      </div>
      <p class="case-about">{one.about}</p>
      {provider && <p class="small muted">{provider}</p>}
      {one.forwarded && <p class="small">{t('case.forwarded', { to: one.forwarded })}</p>}
      <details class="small">
        <summary>{t('case.steps')} ({one.steps.length})</summary>
        <ol class="steps">
          {one.steps.map((step, index) => (
            <li key={index}>
              <p><strong class="sentence">{statusWord(step.status)}</strong> <span class="muted">{[step.time && format.date(step.time), step.who && codeWord(step.who)].filter(Boolean).join(' · ')}</span></p>
              {step.note && !isForwarding(step, one) && <p>{step.note}</p>}
            </li>
          ))}
        </ol>
      </details>
      {children}
    </li>
  );
}
