// Reasons as problems that a person can read: the app's own words where it has them, else the server's.
import type { StorageTrouble } from '$lib/storage/database';
import { ApiError } from '$lib/state/api_error';
import type { Problem } from '$lib/state/model';
import { UnreadableChats } from '$lib/state/unreadable_chats';
import { m } from '$lib/paraglide/messages';
import { reasonOf, type Reason } from './facts';
import { distrustOf } from './untrusted';

export const MAX_CHARACTERS = 24_000;

/** What can't be done now, told to whoever asked for it. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

export function problemOf(reason: Reason): Problem {
  return {
    code: reason.code,
    message: reason.message ?? m.sync_unknown({ code: reason.code }),
    nextStep: reason.nextStep ?? m.sync_unknown_next(),
    ...(reason.missingCredits === null ? {} : { missingCredits: reason.missingCredits }),
    ...(reason.retryAfter === null ? {} : { retryAfter: reason.retryAfter }),
  };
}

export function reasonOfError(error: unknown): Reason {
  if (error instanceof ApiError) {
    return reasonOf(error.code, {
      message: error.title,
      nextStep: error.nextStep,
      missingCredits: error.missingCredits ?? null,
      retryAfter: error.retryAfter ?? null,
    });
  }
  if (error instanceof Refused) {
    const { code, message, nextStep } = error.problem;
    return reasonOf(code, { message, nextStep });
  }
  const reason = distrustOf(error);
  if (reason === null) return reasonOf('internal');
  const { code, message, nextStep } = untrustedProblem(reason);
  return reasonOf(code, { message, nextStep });
}

export function problemOfError(error: unknown): Problem {
  if (error instanceof Refused) return error.problem;
  if (error instanceof UnreadableChats) return unreadableChatsProblem(error);
  const distrusted = distrustOf(error);
  return distrusted === null ? problemOf(reasonOfError(error)) : untrustedProblem(distrusted);
}

export function untrustedProblem(reason: string): Problem {
  const [message, nextStep] = [m.sync_untrusted({ reason }), m.sync_untrusted_next()];
  return { code: reason, message, nextStep, untrusted: true };
}

export function untrustedSettingsProblem(reason: string): Problem {
  if (reason === 'settings_rolled_back') {
    const [message, nextStep] = [m.sync_settings_older({ reason }), m.sync_settings_older_next()];
    return { code: reason, message, nextStep, untrusted: true };
  }
  const [message, nextStep] = [m.sync_settings_untrusted({ reason }), m.sync_settings_untrusted_next()];
  return { code: reason, message, nextStep, untrusted: true, settingsAnew: true };
}

export function unreadableChatsProblem({ chats, reason }: UnreadableChats): Problem {
  const message = m.sync_chats_unreadable({ count: chats.length, reason });
  return { code: reason, message, nextStep: m.sync_chats_unreadable_next(), untrusted: true };
}

export function fellBackProblem(): Problem {
  return { code: 'way_in_fell_back', message: m.sync_fell_back(), nextStep: m.sync_fell_back_next() };
}

export function replacedKeyProblem(): Problem {
  const [message, nextStep] = [m.sync_key_replaced(), m.sync_key_replaced_next()];
  return { code: 'key_replaced', message, nextStep, untrusted: true };
}

export function goneProblem(): Problem {
  return { code: 'chat_not_found', message: m.sync_gone(), nextStep: m.sync_gone_next() };
}

/** Nothing of it is here, and no server could be asked. */
export function perhapsElsewhereProblem(): Problem {
  const [message, nextStep] = [m.sync_perhaps_elsewhere(), m.sync_perhaps_elsewhere_next()];
  return { code: 'not_here', message, nextStep };
}

export function absentProblem(): Problem {
  return { code: 'chat_absent', message: m.sync_absent(), nextStep: m.sync_absent_next(), absent: true };
}

export function notHereProblem(): Problem {
  return { code: 'not_here_yet', message: m.sync_not_here_yet(), nextStep: m.sync_not_here_yet_next() };
}

export function notOpen(): Refused {
  return new Refused({ code: 'not_open', message: m.sync_not_open(), nextStep: m.sync_not_open_next() });
}

/** Checks what a person wrote before anything is made of it. */
export function checkMessage(text: string): void {
  if (text.trim() === '') {
    const message = m.sync_empty_message();
    throw new Refused({ code: 'empty_message', message, nextStep: m.sync_empty_message_next() });
  }
  const count = characters(text);
  if (count > MAX_CHARACTERS) {
    const message = m.sync_message_too_long({ count, most: MAX_CHARACTERS });
    throw new Refused({ code: 'message_too_long', message, nextStep: m.sync_message_too_long_next() });
  }
}

/** As the server counts them: an emoji outside the basic plane is one, though it takes two units here. */
export function characters(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xdc00) pairs += 1;
  }
  return text.length - pairs;
}

export function storageProblem(trouble: StorageTrouble): Problem {
  const words: Record<StorageTrouble, [() => string, () => string]> = {
    storage_unavailable: [m.sync_storage_unavailable, m.sync_storage_unavailable_next],
    storage_reset: [m.sync_storage_reset, m.sync_storage_reset_next],
    storage_repaired: [m.sync_storage_repaired, m.sync_storage_repaired_next],
    storage_full: [m.sync_storage_full, m.sync_storage_full_next],
    storage_failed: [m.sync_storage_failed, m.sync_storage_failed_next],
    newer_version: [m.sync_newer_version, m.sync_newer_version_next],
  };
  const [message, nextStep] = words[trouble];
  return { code: trouble, message: message(), nextStep: nextStep() };
}
