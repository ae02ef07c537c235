// The worker that stretches one password, so that the page stays alive meanwhile.
/// <reference lib="webworker" />
import { stretchHere } from './argon2';
import type { StretchOrder, StretchResult } from './stretching';

declare const self: DedicatedWorkerGlobalScope;

self.addEventListener('message', (event: MessageEvent<StretchOrder>) => {
  void answer(event.data).then((result) => self.postMessage(result));
});

async function answer({ password, salt, profile }: StretchOrder): Promise<StretchResult> {
  try {
    return { stretched: await stretchHere(password, salt, profile) };
  } catch {
    // Its message could quote what it was given.
    return { stretched: null };
  }
}
