import { TaskDefinitionEntity } from './task-definition.entity';
import { TaskEntity } from './task.entity';

export { TaskDefinitionEntity, TaskEntity };

/** The tables that are read through entities; statements that write are in the `sql/` folders. */
export const entities = [TaskDefinitionEntity, TaskEntity];
