// Preloaded into a service. At the nth commit of a name it ends the process with SIGKILL, before the commit is sent or after
// it is confirmed, or freezes it with SIGSTOP: FAILPOINT is `before:<name>:<n>`, `after:<name>:<n>` or `freeze:<name>:<n>`.
// A transaction has the name of its first statement, and a statement outside of one has its own.
const { Client } = require('pg');

const [moment, point, nth] = process.env.FAILPOINT.split(':');
const query = Client.prototype.query;
const transactions = new WeakMap();
let passed = 0;

const die = () => process.kill(process.pid, 'SIGKILL');

Client.prototype.query = function (...args) {
  const [config] = args;
  const text = typeof config === 'string' ? config : (config?.text ?? '');
  const begins = text.startsWith('BEGIN');
  const ends = text === 'COMMIT' || text === 'ROLLBACK';
  const open = transactions.get(this);
  if (begins) transactions.set(this, { name: undefined });
  else if (open && !ends) open.name ??= config?.name;
  if (ends) transactions.delete(this);
  const commits = text === 'COMMIT' ? open?.name : begins || open || ends ? undefined : config?.name;
  const isHere = commits !== undefined && commits === point && ++passed === Number(nth);
  if (isHere && moment === 'before') die();
  if (isHere && moment === 'freeze') process.kill(process.pid, 'SIGSTOP');
  const result = query.apply(this, args);
  if (isHere && moment === 'after') result.then(die, () => undefined);
  return result;
};
