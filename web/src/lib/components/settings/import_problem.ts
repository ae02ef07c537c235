// Why a file was not taken, in words.
import { m } from '$lib/paraglide/messages';
import { TransferError, type TransferProblem } from '$lib/transfer/errors';
import { problemOf } from './problems';

const sentences: Record<TransferProblem, () => string> = {
  not_a_zip: m.settings_problem_not_a_zip,
  file_too_large: m.settings_problem_file_too_large,
  content_too_large: m.settings_problem_content_too_large,
  zip_encrypted: m.settings_problem_zip_encrypted,
  zip_damaged: m.settings_problem_zip_damaged,
  no_chats_file: m.settings_problem_no_chats_file,
  broken_json: m.settings_problem_broken_json,
  wrong_version: m.settings_problem_wrong_version,
  wrong_shape: m.settings_problem_wrong_shape,
  too_many_chats: m.settings_problem_too_many_chats,
};

export function importProblem(error: unknown): { title: string; nextStep: string } {
  if (!(error instanceof TransferError)) return problemOf(error);
  return { title: m.settings_import_refused(), nextStep: sentences[error.code]() };
}
