import { ApiProperty } from '@nestjs/swagger';
import { TaskItemDto } from '../task/dto/task-item.dto';

/** A dependency: the child waits for the parent. */
export class LinkDto {
  /** Id of the parent task. */
  @ApiProperty({ format: 'uuid' })
  parent_id: string;

  /** Id of the child task. */
  @ApiProperty({ format: 'uuid' })
  child_id: string;

  /** `true`: the parent must succeed. `false`: the parent must end, with any result. */
  requires_success: boolean;
}

/** The graph of a batch. */
export class DagDto {
  /** Tasks of the batch, in order of creation. */
  @ApiProperty({ type: () => [TaskItemDto] })
  tasks: TaskItemDto[];

  /** Links between these tasks. */
  @ApiProperty({ type: () => [LinkDto] })
  links: LinkDto[];
}
