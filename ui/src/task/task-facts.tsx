import type { Task } from '../api/types';
import { Fact, Json } from '../parts/facts';
import { Duration, secondsOf, Time } from '../parts/time';
import { TaskProgress } from './task-progress';

/** Shows the fields of a task that are set. */
export function TaskFacts({ task }: { task: Task }) {
  return (
    <>
      <Json title="Result" value={task.result} />
      {task.failure_reason !== null && (
        <section>
          <h3>Reason</h3>
          <p className="reason">{task.failure_reason}</p>
        </section>
      )}
      <section>
        <h3>Details</h3>
        <dl className="facts">
          <Fact name="ID">
            <code>{task.id}</code>
          </Fact>
          {task.local_id !== null && (
            <Fact name="Local ID">
              <code>{task.local_id}</code>
            </Fact>
          )}
          <Fact name="Progress">
            <TaskProgress task={task} />
          </Fact>
          <Fact name="Created">
            <Time of={task.created_at} />
          </Fact>
          {task.run_at !== null && (
            <Fact name="Not before">
              <Time of={task.run_at} />
            </Fact>
          )}
          <Fact name="Started">
            <Time of={task.started_at} />
          </Fact>
          <Fact name="Ended">
            <Time of={task.ended_at} />
          </Fact>
          <Fact name="Duration">
            <Duration from={task.started_at} to={task.ended_at} />
          </Fact>
          <Fact name="Last update">
            <Time of={task.last_updated} />
          </Fact>
          <Fact name="Timeout">{secondsOf(task.timeout)}</Fact>
          <Fact name="Priority">{task.priority}</Fact>
          {task.dead_end_barrier && <Fact name="Dead-end barrier">Yes</Fact>}
        </dl>
      </section>
      {task.actions.length > 0 && (
        <section>
          <h3>Actions</h3>
          <ul className="actions">
            {task.actions.map(({ trigger, params }, index) => (
              <li key={`${trigger} ${index}`}>
                {trigger}: {params.verb.toUpperCase()} <span className="url">{params.url}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {task.rules.length > 0 && <Json title="Rules" value={task.rules} />}
      <Json title="Metadata" value={task.metadata} />
    </>
  );
}
