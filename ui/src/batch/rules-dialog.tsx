import { useEffect, useState } from 'react';
import { get, Refusal, send } from '../api/client';
import type { FullTask, Task } from '../api/types';
import { Confirm } from '../parts/confirm';

interface RulesDialogProps {
  batchId: string;
  /** Tasks that have not ended: the rules of others play no part. */
  open: readonly Task[];
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
    get<FullTask>(`/task/${taskId}`, abort.signal).then(
      // What somebody has begun to write stays.
      ({ rules }) => setText((written) => written || JSON.stringify(rules, null, 2)),
      () => undefined, // The rules can be written without seeing those of before.
    );
    return () => abort.abort();
  }, [taskId]);

  const add = (rule: object) => setText(JSON.stringify([...listOf(text), rule], null, 2));
  const matcher = { kind, status: 'Running', fields: [] };
  return (
    <Confirm
      title="Change rules"
      action="Replace the rules"
      onClose={onClose}
      onConfirm={async () => {
        await send('PATCH', `/batch/${batchId}/rules`, { kind, rules: parse(text) });
        onChange();
      }}
    >
      <p>They replace the rules of all tasks of one kind that have not ended. An empty list removes them.</p>
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
        Rules, as JSON
        <textarea rows={10} spellCheck={false} value={text} onChange={({ target }) => setText(target.value)} />
      </label>
      <div className="buttons">
        <button type="button" onClick={() => add({ type: 'Concurrency', max_concurrency: 2, matcher })}>
          Add a limit of tasks
        </button>
        <button type="button" onClick={() => add({ type: 'Capacity', max_capacity: 1000, matcher })}>
          Add a limit of work
        </button>
      </div>
    </Confirm>
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Refusal(400, 'The rules are not JSON', [(error as Error).message]);
  }
}

/** The rules that are there; what cannot be read is begun anew. */
function listOf(text: string): unknown[] {
  try {
    const rules: unknown = JSON.parse(text);
    return Array.isArray(rules) ? rules : [];
  } catch {
    return [];
  }
}
