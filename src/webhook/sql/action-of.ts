/** SQL: the trigger of a notice. */
export const triggerOf = (notice: string) =>
  `CASE ${notice} WHEN 'cancel' THEN 'cancel' WHEN 'complete' THEN 'batch_complete' ELSE 'end' END`;

/** SQL: the notice of delivery `v` in the history; its key says whether an end was a success. */
export const NOTICE_OF_DELIVERY = `CASE v.trigger WHEN 'cancel' THEN 'cancel' WHEN 'batch_complete' THEN 'complete'
            ELSE substring(v.key FROM 'end:(?:success|failure)') END`;

/** SQL: the action of notification `n`, null if its task has been removed; for a query that has joined `JOIN_ACTION`. */
export const ACTION_OF = `CASE n.notice
            WHEN 'end:success' THEN d.on_success
            WHEN 'end:failure' THEN d.on_failure
            WHEN 'cancel' THEN COALESCE(a.on_cancel, d.on_cancel)
            ELSE b.on_complete
          END -> n.position`;

export const JOIN_ACTION = `LEFT JOIN task_definition d ON d.id = n.task_id
   LEFT JOIN task_attempt a ON a.task_id = n.task_id AND a.attempt = n.attempt AND n.notice = 'cancel'
   LEFT JOIN batch b ON b.id = n.batch_id AND n.notice = 'complete'`;
