import { useState } from 'react';
import { Refusal, send } from '../api/client';
import type { Task, TaskSummary } from '../api/types';
import { Confirm } from '../parts/confirm';
import { useGet } from '../state/queries';

interface RulesDialogProps {
  batchId: string;
  /** Tasks that have not ended; rules do not affect the others. */
  open: readonly TaskSummary[];
  onClose: () => void;
}

export function RulesDialog({ batchId, open, onClose }: RulesDialogProps) {
  const [kinds] = useState(() => [...new Set(open.map(({ kind }) => kind))].sort());
  const [kind, setKind] = useState(kinds[0] ?? '');
  const [written, setWritten] = useState<string>();
  const [example] = useState(() => new Map(open.map((task) => [task.kind, task.id])));
  // Without the current rules, the user can still enter new ones.
  const current = useGet<Task>(kind ? `/task/${example.get(kind)}` : null, { everyMs: false });
  const rules = current.isPlaceholderData ? undefined : current.data?.rules;
  const text = written ?? (rules ? JSON.stringify(rules, null, 2) : '');

  const list = listOf(text);
  const matcher = { kind, status: 'Running', fields: [] };
  const addButton = (words: string, rule: object) => (
    <button
      type="button"
      disabled={!list}
      onClick={() => setWritten(JSON.stringify([...list!, { ...rule, matcher }], null, 2))}
    >
      {words}
    </button>
  );
  return (
    <Confirm
      title="Change rules"
      action="Replace rules"
      onClose={onClose}
      onConfirm={() => send('PATCH', `/batch/${batchId}/rules`, { kind, rules: parse(text) })}
    >
      <p>Replaces the rules of all tasks of one kind that have not ended. An empty list removes all rules.</p>
      <label>
        Kind
        <select
          value={kind}
          onChange={({ target }) => {
            setKind(target.value);
            setWritten(undefined);
          }}
        >
          {kinds.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label>
        Rules (JSON)
        <textarea rows={10} spellCheck={false} value={text} onChange={({ target }) => setWritten(target.value)} />
      </label>
      <div className="buttons">
        {addButton('Add concurrency limit', { type: 'Concurrency', max_concurrency: 2 })}
        {addButton('Add capacity limit', { type: 'Capacity', max_capacity: 1000 })}
      </div>
    </Confirm>
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Refusal(400, 'The rules are not valid JSON', [(error as Error).message]);
  }
}

/** Returns the rules in the text; undefined if it is no JSON array. */
function listOf(text: string): unknown[] | undefined {
  try {
    const rules: unknown = JSON.parse(text);
    return Array.isArray(rules) ? rules : undefined;
  } catch {
    return undefined;
  }
}
