import { LinkEntity } from './link.entity';
import { TaskDefinitionEntity } from './task-definition.entity';
import { TaskEntity } from './task.entity';

export { LinkEntity, TaskDefinitionEntity, TaskEntity };

/** The tables that are read through entities; statements that write are in the `sql/` folders. */
export const entities = [LinkEntity, TaskDefinitionEntity, TaskEntity];
