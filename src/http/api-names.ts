import type { OpenAPIObject } from '@nestjs/swagger';

/** Names of schemas that are not just the name of their class without `Dto`. */
const SCHEMAS: Readonly<Record<string, string>> = {
  TaskLightDto: 'Task',
  TaskItemDto: 'ListedTask',
  TaskFullDto: 'TaskDetail',
  TaskActionDto: 'TaskAction',
  CreateTaskDto: 'NewTask',
  CreateRequestDto: 'NewBatch',
  AddTaskDto: 'AddedTask',
  AddTasksDto: 'AddedTasks',
  SaveScheduleDto: 'NewSchedule',
  RetryDto: 'RetryPolicy',
  GroupDto: 'CallGroup',
  StopDto: 'StoppedBatch',
  RunAtDto: 'StartTime',
  UpdateRulesDto: 'NewRules',
  RulesUpdatedDto: 'UpdatedRules',
  RerunTaskResultDto: 'RerunTaskAttempt',
};

/** Names of operations by what their controllers and methods are called. */
const OPERATIONS: Readonly<Record<string, string>> = {
  auditList: 'listAuditEntries',
  batchAddTasks: 'addTasks',
  batchRerun: 'rerunBatch',
  batchStats: 'getBatch',
  batchStop: 'stopBatch',
  batchUpdateRules: 'updateRules',
  batchesList: 'listBatches',
  dagGet: 'getGraph',
  deliveriesFind: 'getDelivery',
  deliveriesList: 'listDeliveries',
  deliveriesReplayExhausted: 'replayDeliveries',
  deliveriesReplayOne: 'replayDelivery',
  healthHealth: 'getHealth',
  healthLive: 'getLiveness',
  healthReady: 'getReadiness',
  liveOfAll: 'streamBatches',
  liveOfBatch: 'streamTasks',
  metricsText: 'getMetrics',
  scheduleGet: 'getSchedule',
  scheduleList: 'listSchedules',
  schedulePause: 'pauseSchedule',
  scheduleRemove: 'deleteSchedule',
  scheduleResume: 'resumeSchedule',
  scheduleRun: 'runSchedule',
  scheduleSave: 'saveSchedule',
  sessionSignIn: 'signIn',
  sessionSignOut: 'signOut',
  sessionWhoAmI: 'getSession',
  taskCancel: 'cancelTask',
  taskCount: 'countProgress',
  taskCountMany: 'countProgressOfMany',
  taskCreate: 'createTasks',
  taskGet: 'getTask',
  taskList: 'listTasks',
  taskListAttempts: 'listAttempts',
  taskPause: 'pauseTask',
  taskReport: 'reportTask',
  taskReportMany: 'reportTasks',
  taskRerun: 'rerunTask',
  taskResume: 'resumeTask',
  taskWhy: 'explainTask',
  viewView: 'getPage',
};

const nameOf = (schema: string): string => SCHEMAS[schema] ?? schema.replace(/Dto$/, '');

/** Returns the document with names for users of generated clients, sorted so that it does not depend on imports. */
export function withPublicNames(document: OpenAPIObject): OpenAPIObject {
  const { schemas = {}, ...components } = document.components ?? {};
  const renamed = Object.entries(schemas).map(([name, schema]) => [nameOf(name), schema] as const);
  const all = { ...document, components: { ...components, schemas: sorted(Object.fromEntries(renamed)) } };
  return JSON.parse(JSON.stringify(all), (key, value: unknown) => {
    if (key === '$ref') return String(value).replace(/\w+$/, nameOf);
    if (key === 'operationId') return OPERATIONS[String(value)] ?? value;
    return key === 'paths' ? sorted(value as OpenAPIObject['paths']) : value;
  }) as OpenAPIObject;
}

function sorted<T>(map: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
