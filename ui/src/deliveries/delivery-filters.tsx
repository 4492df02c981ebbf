import { DELIVERY_STATUSES } from '../api/types';
import { ChoiceFilter, ClearFilters, TextFilter } from '../parts/filters';
import { PageLink } from '../parts/link';
import { TIME_FILTERS, TimeFilter, useTimeRange } from '../parts/time-filter';
import { useAddress } from '../state/router';
import { CALLS, TRIGGERS } from './words';

const FILTERS = ['status', 'trigger', 'host', 'task', 'batch', ...TIME_FILTERS] as const;

/** What deliveries are selected by besides their status, as parameters of the API. */
export type DeliveryFilter = Readonly<
  Partial<Record<'task_id' | 'batch_id' | 'trigger' | 'host' | 'updated_after' | 'updated_before', string | undefined>>
>;

/** Returns the filters in the address. */
export function useDeliveryFilter(): DeliveryFilter {
  const { task, batch, trigger, host } = useAddress();
  const { after, before } = useTimeRange();
  return { task_id: task, batch_id: batch, trigger, host, updated_after: after, updated_before: before };
}

export function DeliveryFilters() {
  const { task, batch } = useAddress();
  return (
    <>
      <form
        className="filters"
        role="search"
        aria-label="Filter deliveries"
        onSubmit={(event) => event.preventDefault()}
      >
        <ChoiceFilter name="status" label="Status" choices={DELIVERY_STATUSES} />
        <ChoiceFilter name="trigger" label="Call" choices={TRIGGERS} words={CALLS} />
        <TextFilter name="host" label="Host" hint="worker.example.com" />
        <TimeFilter label="Updated" />
        <ClearFilters names={FILTERS} />
      </form>
      {(task || batch) && (
        <p>
          Of {task ? 'task' : 'batch'}{' '}
          <PageLink to={{ batch, task }} className="id">
            {task ?? batch}
          </PageLink>
        </p>
      )}
    </>
  );
}
