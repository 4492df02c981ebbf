import { TaskDefinitionEntity } from './task-definition.entity';
import { TaskEntity } from './task.entity';

export { TaskDefinitionEntity, TaskEntity };

/** Tables that are read through entities; the `sql/` folders hold the statements that write. */
export const entities = [TaskDefinitionEntity, TaskEntity];
