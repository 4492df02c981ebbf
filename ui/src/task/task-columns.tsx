import type { TaskSummary } from '../api/types';
import type { Column, Picking } from '../parts/data-table';
import { BulkActions } from './bulk-actions';

/** Why a task failed or was canceled. */
export const REASON: Column<TaskSummary> = {
  label: 'Reason',
  className: 'wrap reason-cell',
  sortBy: ({ failure_reason }) => failure_reason ?? '',
  cell: ({ failure_reason }) => failure_reason,
};

/** Lets the user pick tasks, and cancel or rerun them. */
export const TASK_PICKING: Picking<TaskSummary> = {
  nameOf: ({ name }) => `Select ${name}`,
  actions: (picked) => <BulkActions tasks={picked} />,
};
