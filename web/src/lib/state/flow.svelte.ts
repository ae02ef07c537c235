// A way through several steps with a person: one thing is done at a time, and what goes wrong is told in the words of its step.
import { troubleOf, type Step, type Trouble } from './trouble';

export abstract class Flow<Doing extends string> {
  doing = $state<Doing | null>(null);
  trouble = $state.raw<Trouble | null>(null);

  /** `now`: milliseconds. */
  constructor(private readonly now: () => number) {}

  /** Null if it did not work, and `trouble` says why; or if something else is being done. */
  protected async run<T>(step: Step, doing: Doing, work: () => Promise<T>): Promise<T | null> {
    if (this.doing !== null) return null;
    this.doing = doing;
    this.trouble = null;
    try {
      return await work();
    } catch (error) {
      const trouble = troubleOf(error, step, this.now());
      this.goBackFor(trouble);
      this.trouble = trouble;
      return null;
    } finally {
      this.doing = null;
    }
  }

  /** To the step from which it can be tried again, if that is another. */
  protected abstract goBackFor(trouble: Trouble): void;
}
