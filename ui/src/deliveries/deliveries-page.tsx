import { useEffect } from 'react';
import { withQuery } from '../api/client';
import type { Delivery } from '../api/types';
import { Listing } from '../parts/listing';
import { EmptyNotice } from '../parts/notice';
import { useList } from '../state/queries';
import { useAddress, usePage } from '../state/router';
import { DeliveryFilters, useDeliveryFilter } from './delivery-filters';
import { DeliveryTable } from './delivery-table';
import { ReplayAll } from './replay-all';

const PAGE_SIZE = 50;

/** Lists deliveries, last changed first. */
export function DeliveriesPage() {
  const { status } = useAddress();
  const filter = useDeliveryFilter();
  const page = usePage();
  const list = useList<Delivery>(withQuery('/webhook-deliveries', { ...filter, status, page, page_size: PAGE_SIZE }));
  useEffect(() => void (document.title = 'Deliveries – Hookline'), []);
  const isFiltered = page > 0 || [status, ...Object.values(filter)].some(Boolean);
  return (
    <main>
      <div className="page-title">
        <h1>Deliveries</h1>
        <div className="buttons">
          <ReplayAll filter={filter} />
        </div>
      </div>
      <DeliveryFilters />
      <Listing
        what="deliveries"
        list={list}
        empty={<EmptyNotice title={isFiltered ? 'No matching deliveries' : 'No deliveries yet'} />}
      >
        {(deliveries) => <DeliveryTable deliveries={deliveries} />}
      </Listing>
    </main>
  );
}
