// What the steps of an address and its mailed code ask of the flow that they belong to.
import type { Trouble } from '$lib/state/trouble';

export interface MailedCode {
  readonly email: string;
  readonly doing: string | null;
  readonly trouble: Trouble | null;
  /** The page was loaded anew in the middle. */
  readonly resumed: boolean;
  submitEmail(email: string): Promise<void>;
  submitMailCode(code: string): Promise<void>;
  back(): void;
}
