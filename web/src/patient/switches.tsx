// The two opt-outs, each a switch of its own: sharing between care providers, and secondary use.
import { call } from '../app/api';
import { about, patientOf } from '../app/acting';
import type { Choice } from '../fhir/consent';
import { consentFor, told } from '../fhir/consent';
import type { Key } from '../i18n';
import { t } from '../i18n';
import { Acknowledge, useAcknowledgement } from '../shared/acknowledge';
import { Confirm } from '../shared/confirm';
import * as format from '../shared/format';
import { Icon } from '../shared/icon';
import { headed } from './acting-bar';
import type { Basis } from './basis';

export type Switched = 'opt-out' | 'secondary-opt-out';

// For oneself, and for whom one acts.
type Said = readonly [own: Key, other: Key];
interface Words {
  readonly title: Key;
  readonly on: Said;
  readonly off: Said;
  readonly set: Said;
  readonly ask: Said;
  readonly done: Said;
  readonly end: Said;
  readonly endAsk: Said;
  readonly ended: Said;
  readonly lead: Key | undefined;
  readonly endLead: Key;
}

const words: Readonly<Record<Switched, Words>> = {
  'opt-out': {
    title: 'sharing.optOut.title', on: ['sharing.optOut.on', 'for.optOut.on'], off: ['sharing.optOut.off', 'for.optOut.off'],
    set: ['sharing.optOut.set', 'for.optOut.set'], ask: ['warning.optOut.title', 'for.optOut.ask'], done: ['sharing.done.optOut', 'for.optOut.done'],
    end: ['sharing.optOut.end', 'for.optOut.end'], endAsk: ['confirm.optIn.title', 'for.optOut.endAsk'], ended: ['sharing.done.optIn', 'for.optOut.ended'],
    lead: undefined, endLead: 'confirm.lead',
  },
  'secondary-opt-out': {
    title: 'secondary.title', on: ['secondary.on', 'for.secondary.on'], off: ['secondary.off', 'for.secondary.off'],
    set: ['secondary.set', 'for.secondary.set'], ask: ['secondary.set.title', 'for.secondary.ask'], done: ['secondary.done.set', 'for.secondary.done'],
    end: ['secondary.end', 'for.secondary.end'], endAsk: ['secondary.end.title', 'for.secondary.endAsk'], ended: ['secondary.done.end', 'for.secondary.ended'],
    lead: 'secondary.set.lead', endLead: 'secondary.end.lead',
  },
};

export function OptOut({ kind, choices, ask }: { kind: Switched; choices: readonly Choice[]; ask: (ends: boolean) => void }) {
  const out = choices.find((one) => one.kind === kind);
  const said = words[kind];
  return (
    <section class="choice" aria-labelledby={kind} data-switch={kind} data-opted-out={out !== undefined}>
      <Icon name={out ? 'lock' : kind === 'opt-out' ? 'share' : 'document'} />
      <div>
        <h2 id={kind}>{t(said.title)}</h2>
        <p>{headed(...(out ? said.off : said.on))}</p>
        {out?.set && <p class="small muted sentence">{t('sharing.optOut.since', { date: format.date(out.set) })}</p>}
      </div>
      <button type="button" onClick={() => ask(out !== undefined)}>{headed(...(out ? said.end : said.set))}</button>
    </section>
  );
}

interface Props {
  readonly token: string;
  readonly asked: { readonly kind: Switched; readonly ends: boolean };
  readonly basis: Basis;
  readonly close: () => void;
  readonly done: (said: string) => void;
}

// Opting out of sharing asks for the hub's text to be read; secondary use has none, and ending asks once.
export function Switch({ token, asked, basis, close, done }: Props) {
  const { kind, ends } = asked;
  const said = words[kind];
  const acknowledgement = useAcknowledgement();
  const text = ends ? undefined : told(basis.warnings, kind);
  const lead = ends ? said.endLead : said.lead;
  const carryOut = async () => {
    if (ends) await call(about(`/fhir/Consent/${kind}`), { method: 'DELETE', token });
    else await call('/fhir/Consent', { method: 'POST', token, body: consentFor({ kind }, text?.uri, patientOf()) });
    done(headed(...(ends ? said.ended : said.done)));
  };
  return (
    <Confirm title={headed(...(ends ? said.endAsk : said.ask))} action={headed(...(ends ? said.end : said.set))} close={close} carryOut={carryOut}
      ready={() => !text || acknowledgement.given()}>
      {lead && <p>{t(lead)}</p>}
      {text && <Acknowledge text={text} of={acknowledgement} />}
    </Confirm>
  );
}
