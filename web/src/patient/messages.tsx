// What the person has been told, newest first; whether she is told of ordinary accesses; her cases.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { about, acting } from '../app/acting';
import { call, samePath } from '../app/api';
import type { User } from '../app/session';
import { object, objects } from '../fhir/json';
import type { Message } from '../fhir/messages';
import { message } from '../fhir/messages';
import { bundle } from '../fhir/types';
import type { Key } from '../i18n';
import { language, t } from '../i18n';
import { useCarrying } from '../shared/confirm';
import * as format from '../shared/format';
import type { IconName } from '../shared/icon';
import { Icon } from '../shared/icon';
import { announce } from '../shared/live';
import { Problem, useLoading } from '../shared/loading';
import { headed } from './acting-bar';
import { Cases } from './cases';
import { Delivery } from './delivery';

interface Page {
  readonly messages: readonly Message[];
  readonly next: string | undefined;
}

async function load(path: string, token: string): Promise<Page> {
  const found = bundle(await call(path, { token }));
  return { messages: found.entries.flatMap((entry) => message(entry.resource) ?? []), next: samePath(found.next) };
}

export function Messages({ user }: { user: User }) {
  const first = useLoading(() => load(about('/fhir/Communication'), user.token));
  const older = useSignal<Page | undefined>(undefined);
  const heading = useRef<HTMLHeadingElement>(null);
  const again = () => {
    older.value = undefined;
    first.load();
  };
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    first.load();
  }, []);
  const more = async (next: string) => {
    try {
      const page = await load(next, user.token);
      older.value = { messages: [...(older.value?.messages ?? []), ...page.messages], next: page.next };
    } catch (error) {
      first.error.value = error;
    }
  };
  const all = [...(first.value.value?.messages ?? []), ...(older.value?.messages ?? [])];
  const next = older.value ? older.value.next : first.value.value?.next;
  const own = !acting.value;
  return (
    <div class="page">
      <h1 ref={heading} tabIndex={-1}>{headed('messages.title', 'messages.title.for')}</h1>
      {own && <p class="lead">{t('messages.lead')}</p>}
      {own && <Notify token={user.token} />}
      {own && <Delivery token={user.token} />}
      {first.error.value !== undefined && <Problem error={first.error.value} retry={again} />}
      {first.loading.value && !first.value.value && <p class="muted" role="status">{t('app.loading')}</p>}
      {first.value.value && all.length === 0 && <p class="muted">{t('messages.none')}</p>}
      {all.length > 0 && <ul class="choice-list messages">{all.map((one) => <Said key={one.id} one={one} />)}</ul>}
      {next && <button type="button" class="more" onClick={() => void more(next)}>{t('app.more')}</button>}
      {own && <Cases token={user.token} changed={again} />}
    </div>
  );
}

const icons: Readonly<Record<string, IconName>> = { access: 'eye', 'break-glass': 'alert', case: 'document', identity: 'info' };

function Said({ one }: { one: Message }) {
  const known = one.kind in icons;
  return (
    <li class={one.urgent ? 'urgent' : undefined} data-message={one.kind}>
      <Icon name={icons[one.kind] ?? 'info'} />
      <div class="card-text">
        <p class={one.urgent ? 'mark' : 'small muted'}>{known ? t(`messages.kind.${one.kind}` as Key) : one.kind}</p>
        <p>{one.text[language.value] ?? one.text.sv ?? one.text.en}</p>
        {one.sent && <time class="small muted tabular" dateTime={one.sent}>{format.date(one.sent)}</time>}
      </div>
    </li>
  );
}

function on(answer: unknown): boolean {
  return objects(object(answer)?.['parameter']).some((one) => one['name'] === 'on' && one['valueBoolean'] === true);
}

// Takes effect when it is ticked; what holds is what the hub answers.
function Notify({ token }: { token: string }) {
  const path = '/fhir/Patient/$notifications';
  const setting = useLoading(async () => on(await call(path, { token })));
  const carrying = useCarrying();
  useEffect(() => setting.load(), []);
  const change = (wanted: boolean) => void carrying.out(async () => {
    const body = { resourceType: 'Parameters', parameter: [{ name: 'on', valueBoolean: wanted }] };
    setting.value.value = on(await call(path, { method: 'POST', token, body }));
    announce(t(setting.value.value ? 'messages.notify.on' : 'messages.notify.off'));
  });
  const now = setting.value.value;
  return (
    <div class="choice notify">
      <div>
        <label class="tick">
          <input type="checkbox" name="notify" checked={now === true} disabled={now === undefined || carrying.busy.value} aria-describedby="notify-lead"
            onChange={(event) => change(event.currentTarget.checked)} />
          <span>{t('messages.notify')}</span>
        </label>
        <p id="notify-lead" class="small muted">{now !== undefined && t(now ? 'messages.notify.on' : 'messages.notify.off')} {t('messages.notify.lead')}</p>
        {(setting.error.value ?? carrying.failure.value) !== undefined && <Problem error={setting.error.value ?? carrying.failure.value} />}
      </div>
    </div>
  );
}
