// Why a file cannot be brought in: a stable code that the screen turns into a sentence and a next step.

export type TransferProblem =
  | 'not_a_zip'
  | 'file_too_large'
  | 'content_too_large'
  | 'zip_encrypted'
  | 'zip_damaged'
  | 'no_chats_file'
  | 'broken_json'
  | 'wrong_version'
  | 'wrong_shape'
  | 'too_many_chats';

export class TransferError extends Error {
  constructor(readonly code: TransferProblem) {
    super(code);
    this.name = 'TransferError';
  }
}
