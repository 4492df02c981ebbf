import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import { ApiProblem } from '../http/api-problem';
import { pageOf } from '../wire/page';
import { DeliveryDto, ListDeliveriesDto } from './dto/delivery.dto';
import { listDeliveries } from './sql/list-deliveries';

@ApiTags('Webhooks')
@Controller('webhook-deliveries')
export class DeliveriesController {
  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Calls to receivers, last changed first, start calls included' })
  @ApiQuery({ type: ListDeliveriesDto })
  @ApiResponse({ status: 200, type: [DeliveryDto] })
  @ApiProblem(400, 503)
  async list(@Query() query: unknown): Promise<DeliveryDto[]> {
    const filter = ListDeliveriesDto.parse(query);
    const { limit, offset } = pageOf(filter, this.config.pagination);
    const [statement, values] = listDeliveries(filter, limit, offset);
    const rows = await this.database.run(statement, ...values);
    return rows.map((row) => DeliveryDto.from(row));
  }
}
