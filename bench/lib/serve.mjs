/** Answers the calls of the process that started this one (`Child.call`), and ends with it. */
export function serve(operations) {
  process.on('message', async ({ id, operation, argument }) => {
    try {
      process.send({ id, result: await operations[operation](argument) });
    } catch (error) {
      process.send({ id, error: error.stack ?? String(error) });
    }
  });
  process.on('disconnect', () => process.exit(0));
}
