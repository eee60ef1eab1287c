// Choices that hold, each a plain sentence, with who set it and what can be done with it.
import type { ComponentChildren } from 'preact';
import type { Choice } from '../fhir/consent';
import { t } from '../i18n';
import { author, sentence } from '../shared/choice-words';
import * as format from '../shared/format';
import type { IconName } from '../shared/icon';
import { Icon } from '../shared/icon';
import { userName } from './basis';

export interface Act {
  readonly label: string;
  readonly name: string;
  readonly act: (one: Choice) => void;
  // Not offered for every one.
  readonly offered?: (one: Choice) => boolean;
}

export function ChoiceList(props: { choices: readonly Choice[]; icon: IconName; none: string; acts: readonly Act[]; note?: (one: Choice) => ComponentChildren }) {
  if (props.choices.length === 0) return <p class="muted none">{props.none}</p>;
  return (
    <ul class="choice-list">
      {props.choices.map((one) => {
        const said = sentence(one, userName);
        return (
          <li key={one.id} data-choice={one.id} data-kind={one.kind}>
            <Icon name={props.icon} />
            <div class="card-text">
              <p>{said}</p>
              {props.note?.(one)}
              <p class="small muted">{[one.set && t('choice.since', { date: format.date(one.set) }), t('choice.by', { who: author(one) })].filter(Boolean).join(', ')}</p>
            </div>
            <div class="acts">
              {props.acts.filter((act) => act.offered?.(one) ?? true).map((act) => (
                <button key={act.name} type="button" data-act={act.name} onClick={() => act.act(one)}>
                  {act.label}<span class="visually-hidden">: {said}</span>
                </button>
              ))}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
