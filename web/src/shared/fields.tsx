// Labelled controls of forms. Every control has its label around it; what belongs together is a fieldset.
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

export interface Option {
  readonly value: string;
  readonly label: string;
}
export interface Options {
  readonly label: string;
  readonly options: readonly Option[];
}

// `options` may hold groups.
export function Choose(props: { label: string; name: string; value: Signal<string>; options: readonly (Option | Options)[]; change?: () => void }) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select name={props.name} value={props.value.value}
        onChange={(event) => { props.value.value = event.currentTarget.value; props.change?.(); }}>
        {props.options.map((one) => 'options' in one
          ? <optgroup key={one.label} label={one.label}>{one.options.map(option)}</optgroup>
          : option(one))}
      </select>
    </label>
  );
}

function option(one: Option) {
  return <option key={one.value} value={one.value}>{one.label}</option>;
}

export function Day({ label, name, value }: { label: string; name: string; value: Signal<string> }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input type="date" name={name} value={value.value} onInput={(event) => (value.value = event.currentTarget.value)} />
    </label>
  );
}

export function Text(props: { label: string; name: string; value: Signal<string>; rows?: number; max: number; invalid?: boolean }) {
  const { value, name } = props;
  const common = {
    name, maxLength: props.max, value: value.value, 'aria-invalid': props.invalid ?? false,
    onInput: (event: { currentTarget: { value: string } }) => (value.value = event.currentTarget.value),
  };
  return (
    <label class="field">
      <span>{props.label}</span>
      {props.rows ? <textarea rows={props.rows} {...common} /> : <input type="text" autocomplete="off" {...common} />}
    </label>
  );
}

export function Radios<T extends string>(props: { legend: string; name: string; value: Signal<T>; options: readonly (Option & { value: T })[] }) {
  return (
    <fieldset class="group">
      <legend>{props.legend}</legend>
      {props.options.map((one) => (
        <label key={one.value} class="tick light">
          <input type="radio" name={props.name} value={one.value} checked={props.value.value === one.value} onChange={() => (props.value.value = one.value)} />
          <span>{one.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function Tick({ name, value, children }: { name: string; value: Signal<boolean>; children: ComponentChildren }) {
  return (
    <label class="tick light">
      <input type="checkbox" name={name} checked={value.value} onChange={(event) => (value.value = event.currentTarget.checked)} />
      <span>{children}</span>
    </label>
  );
}

export function Ticks(props: { legend: string; name: string; value: Signal<readonly string[]>; options: readonly Option[]; none?: string }) {
  const { value } = props;
  const change = (wanted: string, on: boolean) => (value.value = on ? [...value.value, wanted] : value.value.filter((one) => one !== wanted));
  return (
    <fieldset class="group">
      <legend>{props.legend}</legend>
      {props.options.length === 0 && <p class="small muted">{props.none}</p>}
      <div class="ticks">
        {props.options.map((one) => (
          <label key={one.value} class="tick light">
            <input type="checkbox" name={props.name} value={one.value} checked={value.value.includes(one.value)}
              onChange={(event) => change(one.value, event.currentTarget.checked)} />
            <span>{one.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
