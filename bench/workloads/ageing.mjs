/**
 * Makes tasks look a day old once they have ended for `seconds`: retention counts in days, and no measurement lasts
 * that long. Times are set back as rows are written. An UPDATE of old rows now and then would do as well, but leave a
 * dead row for each of them, which is just what is to be measured.
 */
export async function ageQuickly(db, seconds) {
  const back = `- interval '1 day' + make_interval(secs => ${Number(seconds)})`;
  for (const [table, column, event] of [
    ['batch', 'created_at', 'INSERT ON batch'],
    ['task_definition', 'created_at', 'INSERT ON task_definition'],
    ['task', 'ended_at', 'UPDATE OF status ON task'],
  ]) {
    const ends = column === 'ended_at' ? 'WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)' : '';
    await db.query(`
      CREATE FUNCTION bench_age_${table}() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.${column} := NEW.${column} ${back.replaceAll("'", "''")}; RETURN NEW; END';
      CREATE TRIGGER bench_age BEFORE ${event} FOR EACH ROW ${ends} EXECUTE FUNCTION bench_age_${table}()`);
  }
}
