import { Refusal, sentenceOf } from './client';

interface Step {
  /** Names what the step is about. */
  name: string;
  run: () => Promise<unknown>;
}

/** @throws {Refusal} if a step is refused, naming each such step with the reason. The others are done. */
export async function runAll(steps: readonly Step[]): Promise<void> {
  const outcomes = await Promise.allSettled(steps.map(({ run }) => run()));
  const refused = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [`${steps[index]!.name}: ${sentenceOf(outcome.reason)}`] : [],
  );
  if (refused.length > 0)
    throw new Refusal(0, `${steps.length - refused.length} of ${steps.length} done. Not done:`, refused);
}
