import w1 from './w1-tasks.mjs';
import w2 from './w2-latency.mjs';
import w3 from './w3-chain.mjs';
import w4 from './w4-fan.mjs';
import w5 from './w5-backlog.mjs';
import w6 from './w6-counters.mjs';
import w7 from './w7-creation.mjs';
import w8 from './w8-failure.mjs';
import w9 from './w9-history.mjs';
import w10 from './w10-replicas.mjs';
import w11 from './w11-rules.mjs';
import w13 from './w13-delayed.mjs';
import w14 from './w14-retries.mjs';
import w15 from './w15-groups.mjs';
import w16 from './w16-rerun.mjs';

/** In the order in which they run. W12 is not one of them: it has no rounds. */
export const workloads = [w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w13, w14, w15, w16];
