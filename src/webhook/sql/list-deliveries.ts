import { type Statement, statement } from '../../database/statement';
import { DeliveryConditions, type DeliveryFilter } from './delivery-filter';
import {
  DELIVERY_STATUSES,
  type DeliveryRow,
  type DeliveryStatus,
  HISTORY,
  type DeliverySource,
  QUEUE,
  STARTS,
} from './delivery-sources';

const ORDERS = { '-updated_at': 'DESC', updated_at: 'ASC' } as const;

export type DeliverySort = keyof typeof ORDERS;
type Order = (typeof ORDERS)[DeliverySort];

/** Orders of the list, both of which indexes serve. */
export const DELIVERY_SORTS = Object.keys(ORDERS) as DeliverySort[];

/** Deliveries of the history that one page searches by what no index answers. */
const SEARCHED = 10_000;
const LIMIT = '$1::bigint';
const OFFSET = '$2::bigint';

const partOf = ({ columns, from, id, changed }: DeliverySource, conditions: readonly string[], order: Order) => `
     (SELECT ${columns}
      FROM ${from}
      WHERE ${conditions.join(' AND ') || 'true'}
      ORDER BY ${changed} ${order}, ${id} ${order}
      LIMIT ${LIMIT} + ${OFFSET})`;

/** Searches the first `SEARCHED` deliveries that indexes find; reads all of them if there is nothing to search by. */
function historyPart(indexed: readonly string[], searched: readonly string[], order: Order): string {
  if (searched.length === 0) return partOf(HISTORY, indexed, order);
  const first = `(
        SELECT * FROM delivery v WHERE ${indexed.join(' AND ') || 'true'}
        ORDER BY updated_at ${order}, id ${order} LIMIT ${SEARCHED}) v`;
  return partOf({ ...HISTORY, from: first }, searched, order);
}

/**
 * Lists deliveries, by default last changed first: the history, the queue, and start calls in flight, whose record is the
 * claim on the task. Each part reads from its own index, and at most what the page can need: the cost grows with the page
 * number, not with the history.
 */
export function listDeliveries(
  {
    status: statuses,
    sort = '-updated_at',
    ...filter
  }: DeliveryFilter & { status?: readonly DeliveryStatus[]; sort?: DeliverySort },
  limit: number,
  offset: number,
): [Statement<unknown[], DeliveryRow>, unknown[]] {
  const order = ORDERS[sort];
  const conditions = new DeliveryConditions(filter, [limit, offset]);
  const wanted = statuses && DELIVERY_STATUSES.filter((each) => statuses.includes(each));
  const ended = wanted ? wanted.filter((each) => each !== 'pending') : [undefined];
  const parts = ended.flatMap((status) => historyParts(conditions, order, status));
  if (!wanted || wanted.includes('pending')) {
    const all = (source: DeliverySource) => [...conditions.indexed(source), ...conditions.searched(source)];
    parts.push(partOf(QUEUE, all(QUEUE), order), partOf(STARTS, ['t.claimed_by IS NOT NULL', ...all(STARTS)], order));
  }
  return [
    statement<unknown[], DeliveryRow>(
      `delivery-list-${wanted?.join('-') ?? 'all'}${order === 'ASC' ? '-oldest' : ''}${conditions.suffix}`,
      `SELECT * FROM (${parts.join('\n     UNION ALL')}
   ) AS deliveries
   ORDER BY updated_at ${order}, id ${order}
   LIMIT ${LIMIT} OFFSET ${OFFSET}`,
    ),
    conditions.values,
  ];
}

function historyParts(conditions: DeliveryConditions, order: Order, status?: DeliveryStatus): string[] {
  const { batch } = conditions;
  // The status stands in the text, so that the planner sees that the partial index on unsuccessful deliveries fits.
  const indexed = [...conditions.indexed(HISTORY), ...(status ? [`v.status = '${status}'`] : [])];
  const searched = conditions.searched(HISTORY);
  // Unsuccessful deliveries have an index on their batch. The others are found by the tasks of the batch, or have none.
  if (!batch || status === 'failure' || status === 'exhausted') return [historyPart(indexed, searched, order)];
  const ofTasks = `v.task_id = ANY (ARRAY(SELECT id FROM task_definition WHERE batch_id = ${batch}))`;
  return [ofTasks, 'v.task_id IS NULL'].map((which) => historyPart([...indexed, which], searched, order));
}
