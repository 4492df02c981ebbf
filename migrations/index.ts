import { Initial1764100000000 } from './1764100000000-initial';
import { TaskTrace1764150000000 } from './1764150000000-task-trace';
import { BatchTrace1764150000001 } from './1764150000001-batch-trace';
import { DeliveryOrder1764200000000 } from './1764200000000-delivery-order';
import { DefinitionOrder1764200000001 } from './1764200000001-definition-order';
import { BatchOrder1764200000002 } from './1764200000002-batch-order';
import { TaskKindStatus1764300000000 } from './1764300000000-task-kind-status';
import { HostCooldown1764400000000 } from './1764400000000-host-cooldown';
import { RuleKeyHash1764400000001 } from './1764400000001-rule-key-hash';
import { PlainNames1764500000000 } from './1764500000000-plain-names';
import { AttemptsAndDelays1764600000000 } from './1764600000000-attempts-and-delays';
import { IdempotencyKey1764600000001 } from './1764600000001-idempotency-key';
import { Schedule1764600000002 } from './1764600000002-schedule';
import { RerunsAndGrowth1764700000000 } from './1764700000000-reruns-and-growth';
import { ClaimAge1764800000000 } from './1764800000000-claim-age';
import { NarrowerKindIndex1764900000000 } from './1764900000000-narrower-kind-index';
import { AuditLog1765000000000 } from './1765000000000-audit-log';
import { FailedTasks1765000000010 } from './1765000000010-failed-tasks';
import { DeliveryDetail1765010000000 } from './1765010000000-delivery-detail';
import { FailedDeliveries1765010000001 } from './1765010000001-failed-deliveries';
import { RootCauses1765010000002 } from './1765010000002-root-causes';

/** Every migration, oldest first; imported one by one because the build has no folder to scan at run time. */
export const migrations = [
  Initial1764100000000,
  TaskTrace1764150000000,
  BatchTrace1764150000001,
  DeliveryOrder1764200000000,
  DefinitionOrder1764200000001,
  BatchOrder1764200000002,
  TaskKindStatus1764300000000,
  HostCooldown1764400000000,
  RuleKeyHash1764400000001,
  PlainNames1764500000000,
  AttemptsAndDelays1764600000000,
  IdempotencyKey1764600000001,
  Schedule1764600000002,
  RerunsAndGrowth1764700000000,
  ClaimAge1764800000000,
  NarrowerKindIndex1764900000000,
  AuditLog1765000000000,
  FailedTasks1765000000010,
  DeliveryDetail1765010000000,
  FailedDeliveries1765010000001,
  RootCauses1765010000002,
];
