import { ApiProperty } from '@nestjs/swagger';
import { TaskLightDto } from '../task/dto/task-light.dto';

/** "The child waits for the parent." */
export class LinkDto {
  @ApiProperty({ format: 'uuid' })
  parent_id: string;

  @ApiProperty({ format: 'uuid' })
  child_id: string;

  /** Whether the parent must succeed, or only end. */
  requires_success: boolean;
}

export class DagDto {
  @ApiProperty({ type: () => [TaskLightDto] })
  tasks: TaskLightDto[];

  @ApiProperty({ type: () => [LinkDto] })
  links: LinkDto[];
}
