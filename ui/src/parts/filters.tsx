import { useEffect, useState } from 'react';
import { change, type Parameter, useAddress } from '../state/router';

/** Delay after the last key, so that a filter is not applied to half a word. */
const TYPING_MS = 300;

interface FilterProps {
  /** Parameter of the address that holds the value. */
  name: Parameter;
  label: string;
}

/** Returns a text that the user types, and what changes it. The address gets it a moment later. */
export function useTyped(name: Parameter): [string, (text: string) => void] {
  const applied = useAddress()[name] ?? '';
  const [typed, setTyped] = useState(applied);
  const [lastApplied, setLastApplied] = useState(applied);
  if (applied !== lastApplied) {
    // The user went back, or cleared the filters.
    setLastApplied(applied);
    setTyped(applied);
  }
  useEffect(() => {
    if (typed === applied) return;
    const timer = setTimeout(() => change({ [name]: typed, page: undefined }, 'replace'), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, applied, name]);
  return [typed, setTyped];
}

/** Filters a list by a text. */
export function TextFilter({ name, label, hint }: FilterProps & { hint?: string }) {
  const [typed, setTyped] = useTyped(name);
  return (
    <label>
      {label}
      <input type="search" value={typed} placeholder={hint} onChange={({ target }) => setTyped(target.value)} />
    </label>
  );
}

interface ChoiceProps extends FilterProps {
  choices: readonly string[];
  /** Names the choices, if they are no words. */
  words?: Readonly<Record<string, string>>;
}

/** Filters a list by one of some values. */
export function ChoiceFilter({ name, label, choices, words }: ChoiceProps) {
  const applied = useAddress()[name] ?? '';
  return (
    <label>
      {label}
      <select value={applied} onChange={({ target }) => change({ [name]: target.value, page: undefined }, 'replace')}>
        <option value="">Any</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {words?.[choice] ?? choice}
          </option>
        ))}
        {applied && !choices.includes(applied) && <option value={applied}>{applied}</option>}
      </select>
    </label>
  );
}

/** Removes all of some filters; shown if one of them is set. */
export function ClearFilters({ names }: { names: readonly Parameter[] }) {
  const address = useAddress();
  if (!names.some((name) => address[name])) return null;
  const clear = () => change({ ...Object.fromEntries(names.map((name) => [name, undefined])), page: undefined });
  return (
    <button type="button" onClick={clear}>
      Clear filters
    </button>
  );
}

/** Limits a list to one kind of rows. */
export function CheckFilter({ name, label, value }: FilterProps & { value: string }) {
  const isChecked = useAddress()[name] === value;
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={isChecked}
        onChange={() => change({ [name]: isChecked ? undefined : value, page: undefined }, 'replace')}
      />
      {label}
    </label>
  );
}
