import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Readers } from '../database/readers';
import { NotFound } from '../domain/errors';
import type { Page } from '../http/page-links';
import { pageOf } from '../http/page.dto';
import { DeliveryDetailDto } from './dto/delivery-detail.dto';
import type { ListDeliveriesDto } from './dto/delivery-filter.dto';
import { DeliveryDto } from './dto/delivery.dto';
import { listDeliveries } from './sql/list-deliveries';
import { readDelivery } from './sql/read-delivery';

/** Reads deliveries for clients. */
@Injectable()
export class FindDeliveries {
  private readonly isGuarded: boolean;

  constructor(
    private readonly readers: Readers,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.isGuarded = config.access.tokens.length > 0;
  }

  /** Returns one page of deliveries, by default last changed first. */
  async list({ page, page_size, ...filter }: ListDeliveriesDto): Promise<Page<DeliveryDto>> {
    const bounds = pageOf({ page, page_size }, this.config.pagination);
    // A list takes no ids, but parameters that are no filters pass validation.
    const [statement, values] = listDeliveries({ ...filter, ids: undefined }, bounds.limit, bounds.offset);
    const rows = await this.readers.run(statement, ...values);
    const items = rows.map((row) => DeliveryDto.from(row, this.isGuarded));
    return { items, bounds, isFull: rows.length === bounds.limit };
  }

  /** @throws {NotFound} when the delivery does not exist. */
  async one(id: string): Promise<DeliveryDetailDto> {
    const [row] = await this.readers.run(readDelivery, id);
    if (!row) throw new NotFound(`Delivery ${id} not found`);
    return DeliveryDetailDto.fromDetail(row, this.isGuarded);
  }
}
