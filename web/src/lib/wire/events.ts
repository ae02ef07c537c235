// Everything the server tells a client over the WebSocket. Written by `make docs` from layers/core/sealmate/events.py: change it there.
import * as v from 'valibot';

export const TurnAccepted = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('turn_accepted'),
});
export type TurnAccepted = v.InferOutput<typeof TurnAccepted>;

export const CreditsReserved = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('credits_reserved'),
  credits: v.number(),
});
export type CreditsReserved = v.InferOutput<typeof CreditsReserved>;

export const MessageRead = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('message_read'),
  mate: v.string(),
  mate_name: v.string(),
  reason: v.string(),
  complexity: v.picklist(['simple', 'medium', 'complex']),
  model: v.string(),
});
export type MessageRead = v.InferOutput<typeof MessageRead>;

export const ChatTitled = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('chat_titled'),
  title: v.string(),
});
export type ChatTitled = v.InferOutput<typeof ChatTitled>;

export const AnswerStarted = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('answer_started'),
  attempt: v.number(),
  mate: v.string(),
  model: v.string(),
});
export type AnswerStarted = v.InferOutput<typeof AnswerStarted>;

export const AnswerExtended = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('answer_extended'),
  attempt: v.number(),
  seq: v.number(),
  delta: v.string(),
});
export type AnswerExtended = v.InferOutput<typeof AnswerExtended>;

export const AnswerResumed = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('answer_resumed'),
  attempt: v.number(),
  seq: v.number(),
  text: v.string(),
  mate: v.string(),
  model: v.string(),
});
export type AnswerResumed = v.InferOutput<typeof AnswerResumed>;

export const AnswerFinished = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('answer_finished'),
  finish: v.picklist(['complete', 'length', 'stopped']),
  answer: v.string(),
  mate: v.string(),
  model: v.string(),
  answered_at: v.number(),
});
export type AnswerFinished = v.InferOutput<typeof AnswerFinished>;

export const SuggestionsMade = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('suggestions_made'),
  suggestions: v.string(),
});
export type SuggestionsMade = v.InferOutput<typeof SuggestionsMade>;

export const AnswerAnnotated = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('answer_annotated'),
  code: v.picklist(['possible_misuse', 'unchecked']),
});
export type AnswerAnnotated = v.InferOutput<typeof AnswerAnnotated>;

export const AnswerWithheld = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('answer_withheld'),
  code: v.string(),
  message: v.string(),
});
export type AnswerWithheld = v.InferOutput<typeof AnswerWithheld>;

export const TurnCharged = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('turn_charged'),
  credits: v.number(),
  available: v.number(),
  input_tokens: v.number(),
  output_tokens: v.number(),
});
export type TurnCharged = v.InferOutput<typeof TurnCharged>;

export const TurnRefused = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('turn_refused'),
  code: v.string(),
  message: v.string(),
  next_step: v.string(),
});
export type TurnRefused = v.InferOutput<typeof TurnRefused>;

export const TurnStopped = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('turn_stopped'),
});
export type TurnStopped = v.InferOutput<typeof TurnStopped>;

export const TurnFailed = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('turn_failed'),
  code: v.string(),
  message: v.string(),
  next_step: v.string(),
  missing_credits: v.nullish(v.number(), null),
});
export type TurnFailed = v.InferOutput<typeof TurnFailed>;

export const ChatAnswered = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  type: v.literal('chat_answered'),
});
export type ChatAnswered = v.InferOutput<typeof ChatAnswered>;

export const ChatChanged = v.object({
  type: v.literal('chat_changed'),
  chat_id: v.string(),
  updated_at: v.number(),
});
export type ChatChanged = v.InferOutput<typeof ChatChanged>;

export const DeviceSignedIn = v.object({
  type: v.literal('device_signed_in'),
  device_id: v.string(),
  device: v.string(),
  place: v.nullish(v.string(), null),
});
export type DeviceSignedIn = v.InferOutput<typeof DeviceSignedIn>;

export const SettingsChanged = v.object({
  type: v.literal('settings_changed'),
  app: v.string(),
  revision: v.number(),
});
export type SettingsChanged = v.InferOutput<typeof SettingsChanged>;

export const RequestRefused = v.object({
  type: v.literal('request_refused'),
  code: v.string(),
  message: v.string(),
  next_step: v.string(),
  request_id: v.string(),
  turn_id: v.nullish(v.string(), null),
  missing_credits: v.nullish(v.number(), null),
  retry_after: v.nullish(v.number(), null),
});
export type RequestRefused = v.InferOutput<typeof RequestRefused>;

export const EventSchema = v.variant('type', [
  TurnAccepted,
  CreditsReserved,
  MessageRead,
  ChatTitled,
  AnswerStarted,
  AnswerExtended,
  AnswerResumed,
  AnswerFinished,
  SuggestionsMade,
  AnswerAnnotated,
  AnswerWithheld,
  TurnCharged,
  TurnRefused,
  TurnStopped,
  TurnFailed,
  ChatAnswered,
  ChatChanged,
  DeviceSignedIn,
  SettingsChanged,
  RequestRefused,
]);
export type Event = v.InferOutput<typeof EventSchema>;
