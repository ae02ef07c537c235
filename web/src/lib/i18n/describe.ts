// What a person reads when something failed: their own language for every code we know, the server's English otherwise.
import { m } from '$lib/paraglide/messages';

export interface Described {
  sentence: string;
  nextStep: string;
}

export interface Failed {
  code: string;
  message: string;
  nextStep: string;
  /** Seconds. */
  retryAfter?: number;
  missingCredits?: number;
}

/** By code: what happened, what to do next. The server's are those of docs/errors.md. */
const words: Record<string, [() => string, () => string]> = {
  invalid_request: [m.errors_invalid_request, m.errors_invalid_request_next],
  unknown_action: [m.errors_unknown_action, m.errors_unknown_action_next],
  not_found: [m.errors_not_found, m.errors_not_found_next],
  request_too_large: [m.errors_request_too_large, m.errors_request_too_large_next],
  not_signed_in: [m.errors_not_signed_in, m.errors_not_signed_in_next],
  foreign_origin: [m.errors_foreign_origin, m.errors_foreign_origin_next],
  device_not_found: [m.errors_device_not_found, m.errors_device_not_found_next],
  device_proof_needed: [m.errors_device_proof_needed, m.errors_device_proof_needed_next],
  invalid_device_proof: [m.errors_invalid_device_proof, m.errors_invalid_device_proof_next],
  renewal_due: [m.errors_renewal_due, m.errors_renewal_due_next],
  step_up_needed: [m.errors_step_up_needed, m.errors_step_up_needed_next],
  wrong_credentials: [m.errors_wrong_credentials, m.errors_wrong_credentials_next],
  wrong_code: [m.errors_wrong_code, m.errors_wrong_code_next],
  too_many_tries: [m.errors_too_many_tries, m.errors_too_many_tries_next],
  step_expired: [m.errors_step_expired, m.errors_step_expired_next],
  pairing_over: [m.errors_pairing_over, m.errors_pairing_over_next],
  pairing_taken: [m.errors_pairing_taken, m.errors_pairing_taken_next],
  reset_not_ready: [m.errors_reset_not_ready, m.errors_reset_not_ready_next],
  changed_meanwhile: [m.errors_changed_meanwhile, m.errors_changed_meanwhile_next],
  mail_not_sent: [m.errors_mail_not_sent, m.errors_mail_not_sent_next],
  invalid_keys: [m.errors_invalid_keys, m.errors_invalid_keys_next],
  invalid_passkey: [m.errors_invalid_passkey, m.errors_invalid_passkey_next],
  method_not_found: [m.errors_method_not_found, m.errors_method_not_found_next],
  last_method: [m.errors_last_method, m.errors_last_method_next],
  too_many_methods: [m.errors_too_many_methods, m.errors_too_many_methods_next],
  rotation_under_way: [m.errors_rotation_under_way, m.errors_rotation_under_way_next],
  lease_over: [m.errors_lease_over, m.errors_lease_over_next],
  keys_changed: [m.errors_keys_changed, m.errors_keys_changed_next],
  manifest_conflict: [m.errors_manifest_conflict, m.errors_manifest_conflict_next],
  chat_not_found: [m.errors_chat_not_found, m.errors_chat_not_found_next],
  chat_key_conflict: [m.errors_chat_key_conflict, m.errors_chat_key_conflict_next],
  wrong_epoch: [m.errors_wrong_epoch, m.errors_wrong_epoch_next],
  invalid_record: [m.errors_invalid_record, m.errors_invalid_record_next],
  history_not_cached: [m.errors_history_not_cached, m.errors_history_not_cached_next],
  turn_not_found: [m.errors_turn_not_found, m.errors_turn_not_found_next],
  turn_not_started: [m.errors_turn_not_started, m.errors_turn_not_started_next],
  unknown_mate: [m.errors_unknown_mate, m.errors_unknown_mate_next],
  insufficient_credits: [m.errors_insufficient_credits, m.errors_insufficient_credits_next],
  harm_refused: [m.errors_harm_refused, m.errors_harm_refused_next],
  answer_withheld: [m.errors_answer_withheld, m.errors_answer_withheld_next],
  answer_not_kept: [m.errors_answer_not_kept, m.errors_answer_not_kept_next],
  not_judged: [m.errors_not_judged, m.errors_not_judged_next],
  turn_interrupted: [m.errors_turn_interrupted, m.errors_turn_interrupted_next],
  turn_stopped: [m.errors_turn_stopped, m.errors_turn_stopped_next],
  turn_already_running: [m.errors_turn_already_running, m.errors_turn_already_running_next],
  provider_unavailable: [m.errors_provider_unavailable, m.errors_provider_unavailable_next],
  provider_busy: [m.errors_provider_busy, m.errors_provider_busy_next],
  provider_refused: [m.errors_provider_refused, m.errors_provider_refused_next],
  provider_garbled: [m.errors_provider_garbled, m.errors_provider_garbled_next],
  model_missing: [m.errors_model_missing, m.errors_model_missing_next],
  seal_broken: [m.errors_seal_broken, m.errors_seal_broken_next],
  connection_gone: [m.errors_connection_gone, m.errors_connection_gone_next],
  delivery_failed: [m.errors_delivery_failed, m.errors_delivery_failed_next],
  settings_conflict: [m.errors_settings_conflict, m.errors_settings_conflict_next],
  details_conflict: [m.errors_details_conflict, m.errors_details_conflict_next],
  internal: [m.errors_internal, m.errors_internal_next],
  offline: [m.errors_offline, m.errors_offline_next],
};

export function describe(problem: Failed): Described {
  const known = Object.hasOwn(words, problem.code) ? words[problem.code] : undefined;
  const sentence = known ? known[0]() : problem.message;
  const nextStep = known ? known[1]() : problem.nextStep;
  const { retryAfter = 0, missingCredits = 0 } = problem;
  return {
    sentence:
      missingCredits > 0 ? `${sentence} ${m.errors_missing_credits({ count: missingCredits })}` : sentence,
    nextStep: retryAfter > 0 ? `${wait(retryAfter)} ${nextStep}` : nextStep,
  };
}

/** Rounded up: a try too early would only begin the wait anew. */
function wait(seconds: number): string {
  if (seconds < 60) return m.errors_wait_seconds({ count: Math.ceil(seconds) });
  if (seconds < 3600) return m.errors_wait_minutes({ count: Math.ceil(seconds / 60) });
  return m.errors_wait_hours({ count: Math.ceil(seconds / 3600) });
}
