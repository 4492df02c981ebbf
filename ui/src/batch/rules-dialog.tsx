import { useEffect, useState } from 'react';
import { get, Refusal, send } from '../api/client';
import type { Task, TaskSummary } from '../api/types';
import { Confirm } from '../parts/confirm';

interface RulesDialogProps {
  batchId: string;
  /** Tasks that have not ended; rules do not affect the others. */
  open: readonly TaskSummary[];
  onChange: () => void;
  onClose: () => void;
}

export function RulesDialog({ batchId, open, onChange, onClose }: RulesDialogProps) {
  const [kinds] = useState(() => [...new Set(open.map(({ kind }) => kind))].sort());
  const [kind, setKind] = useState(kinds[0] ?? '');
  const [text, setText] = useState('');
  const [example] = useState(() => new Map(open.map((task) => [task.kind, task.id])));
  const taskId = example.get(kind);

  useEffect(() => {
    if (!taskId) return;
    const abort = new AbortController();
    get<Task>(`/task/${taskId}`, abort.signal).then(
      // Do not overwrite what the user has typed meanwhile.
      ({ rules }) => setText((written) => written || JSON.stringify(rules, null, 2)),
      () => undefined, // Without the current rules, the user can still enter new ones.
    );
    return () => abort.abort();
  }, [taskId]);

  const add = (rule: object) => setText(JSON.stringify([...listOf(text), rule], null, 2));
  const matcher = { kind, status: 'Running', fields: [] };
  return (
    <Confirm
      title="Change rules"
      action="Replace rules"
      onClose={onClose}
      onConfirm={async () => {
        await send('PATCH', `/batch/${batchId}/rules`, { kind, rules: parse(text) });
        onChange();
      }}
    >
      <p>Replaces the rules of all tasks of one kind that have not ended. An empty list removes all rules.</p>
      <label>
        Kind
        <select
          value={kind}
          onChange={({ target }) => {
            setKind(target.value);
            setText('');
          }}
        >
          {kinds.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label>
        Rules (JSON)
        <textarea rows={10} spellCheck={false} value={text} onChange={({ target }) => setText(target.value)} />
      </label>
      <div className="buttons">
        <button type="button" onClick={() => add({ type: 'Concurrency', max_concurrency: 2, matcher })}>
          Add concurrency limit
        </button>
        <button type="button" onClick={() => add({ type: 'Capacity', max_capacity: 1000, matcher })}>
          Add capacity limit
        </button>
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

/** Returns the rules in the text, or none if it is not a JSON array. */
function listOf(text: string): unknown[] {
  try {
    const rules: unknown = JSON.parse(text);
    return Array.isArray(rules) ? rules : [];
  } catch {
    return [];
  }
}
