import {
  type ColumnDef,
  createPaginatedRowModel,
  createSortedRowModel,
  type Header,
  metaHelper,
  rowPaginationFeature,
  rowSelectionFeature,
  type RowSelectionState,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_text,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type ReactNode, useMemo, useState } from 'react';
import { change, useAddress, usePage } from '../state/router';
import { useMayAct } from './action-button';
import { Pager } from './pager';

export interface Column<Row> {
  /** Heading, and label of the field on a card. Its lower case names the column in the address. */
  label: string;
  /** Hides the heading of a column that explains itself. */
  isUnlabelled?: boolean;
  cell: (row: Row) => ReactNode;
  className?: string;
  /** What rows can be sorted by. */
  sortBy?: (row: Row) => string | number;
}

interface DataTableProps<Row extends object> {
  caption: string;
  className?: string;
  /** The first one names the row. */
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  idOf: (row: Row) => string;
  /** The row that is shown beside the table. */
  selectedId?: string;
  /** Given if the rows are all that there are: they can be sorted, and are shown in pages of this size. */
  pageSize?: number;
  /** Lets people who may change something pick rows. */
  picking?: Picking<Row>;
}

export interface Picking<Row> {
  /** Names a row to people who do not see it. */
  nameOf: (row: Row) => string;
  /**
   * Shows what can be done with the picked rows. It also gets an empty list, so that a dialog outlasts the rows it is
   * about.
   */
  actions: (picked: Row[]) => ReactNode;
}

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, text: sortFn_text },
  rowPaginationFeature,
  paginatedRowModel: createPaginatedRowModel(),
  rowSelectionFeature,
  columnMeta: metaHelper<{ className?: string; isUnlabelled?: boolean }>(),
});
type Features = typeof features;

/** Shows rows in a table, on narrow screens as cards; nothing if there are none. The address holds their order and page. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { caption, className = '', columns, rows, idOf, selectedId, pageSize } = props;
  const picking = useMayAct() ? props.picking : undefined;
  const { sort } = useAddress();
  const [rowSelection, setPicked] = useState<RowSelectionState>({});
  const last = pageSize ? Math.max(0, Math.ceil(rows.length / pageSize) - 1) : 0;
  const page = Math.min(usePage(), last);
  const table = useTable({
    features,
    columns: useMemo(() => columns.map(definitionOf), [columns]),
    data: rows,
    getRowId: idOf,
    enableSorting: pageSize !== undefined,
    manualPagination: pageSize === undefined,
    onRowSelectionChange: setPicked,
    state: {
      sorting: sort && pageSize ? [{ id: sort.replace('-', ''), desc: sort.startsWith('-') }] : [],
      pagination: { pageIndex: page, pageSize: pageSize ?? rows.length },
      rowSelection,
    },
  });
  const picked = table.getSelectedRowModel().rows.map(({ original }) => original);
  return (
    <>
      {rows.length > 0 && (
        <div className="sideways">
          <table className={`rows ${className}`}>
            <caption className="hidden">{caption}</caption>
            <thead>
              {table.getHeaderGroups().map((group) => (
                <tr key={group.id}>
                  {picking && (
                    <td className="pick">
                      <input
                        type="checkbox"
                        aria-label="All rows of this page"
                        checked={table.getIsAllPageRowsSelected()}
                        onChange={table.getToggleAllPageRowsSelectedHandler()}
                      />
                    </td>
                  )}
                  {group.headers.map((header) => (
                    <ColumnHeader key={header.id} header={header} />
                  ))}
                </tr>
              ))}
            </thead>
            <tbody>
              {table.getRowModel().rows.map((row) => (
                <tr
                  key={row.id}
                  className={row.id === selectedId ? 'selected' : undefined}
                  aria-current={row.id === selectedId || undefined}
                >
                  {picking && (
                    <td className="pick">
                      <input
                        type="checkbox"
                        aria-label={picking.nameOf(row.original)}
                        checked={row.getIsSelected()}
                        onChange={row.getToggleSelectedHandler()}
                      />
                    </td>
                  )}
                  {columns.map(({ label, isUnlabelled, className: looks, cell }, index) =>
                    index === 0 ? (
                      <th key={label} scope="row">
                        {cell(row.original)}
                      </th>
                    ) : (
                      <td key={label} data-label={isUnlabelled ? undefined : label} className={looks}>
                        {cell(row.original)}
                      </td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {picking && (
        <div {...(picked.length > 0 && { className: 'picked', role: 'group', 'aria-label': 'Selected rows' })}>
          {picked.length > 0 && <span role="status">{picked.length} selected</span>}
          <span className="buttons">
            {picking.actions(picked)}
            {picked.length > 0 && (
              <button type="button" onClick={() => setPicked({})}>
                Clear selection
              </button>
            )}
          </span>
        </div>
      )}
      {pageSize && <Pager page={page} hasNext={page < last} of={` of ${last + 1}`} />}
    </>
  );
}

const definitionOf = <Row extends object>({ label, isUnlabelled, sortBy }: Column<Row>): ColumnDef<Features, Row> => ({
  id: label.toLowerCase(),
  header: label,
  meta: { isUnlabelled },
  ...(sortBy && { accessorFn: sortBy }),
});

function ColumnHeader<Row extends object>({ header: { column } }: { header: Header<Features, Row> }) {
  const { header, meta } = column.columnDef;
  const sorted = column.getIsSorted();
  const words = <>{header}</>;
  const toggle = () => change({ sort: sorted === 'asc' ? `-${column.id}` : column.id, page: undefined }, 'replace');
  return (
    <th scope="col" aria-sort={sorted ? (sorted === 'desc' ? 'descending' : 'ascending') : undefined}>
      {meta?.isUnlabelled && <span className="hidden">{words}</span>}
      {!meta?.isUnlabelled && !column.getCanSort() && words}
      {column.getCanSort() && (
        <button type="button" className="plain" onClick={toggle}>
          {words}
          <span aria-hidden="true">{sorted ? (sorted === 'desc' ? ' ↓' : ' ↑') : ''}</span>
        </button>
      )}
    </th>
  );
}
