// What is said about the mates in the reader's language: name, what each is at home in, what to ask.
import { m } from '$lib/paraglide/messages';
import type { Mate, TurnView } from '$lib/state/model';

const topics: Record<string, () => string> = {
  tavi: m.chat_topic_tavi,
  nuo: m.chat_topic_nuo,
  kodo: m.chat_topic_kodo,
  sana: m.chat_topic_sana,
  basi: m.chat_topic_basi,
  lexo: m.chat_topic_lexo,
  lingo: m.chat_topic_lingo,
  penna: m.chat_topic_penna,
};

const examples: Record<string, (() => string)[]> = {
  tavi: [m.chat_example_tavi_1, m.chat_example_tavi_2],
  nuo: [m.chat_example_nuo_1, m.chat_example_nuo_2],
  kodo: [m.chat_example_kodo_1, m.chat_example_kodo_2],
  sana: [m.chat_example_sana_1, m.chat_example_sana_2],
  basi: [m.chat_example_basi_1, m.chat_example_basi_2],
  lexo: [m.chat_example_lexo_1, m.chat_example_lexo_2],
  lingo: [m.chat_example_lingo_1, m.chat_example_lingo_2],
  penna: [m.chat_example_penna_1, m.chat_example_penna_2],
};

/** The order in which they stand on the start page, until the server's list is here. */
export const ownMates: readonly Mate[] = Object.keys(topics).map((mate) => ({
  mate,
  name: capitalised(mate),
  topic: '',
}));

/** What a mate is at home in; the server's words for one that this app does not know. */
export function topicOf(mate: string, given: string): string {
  const known = Object.hasOwn(topics, mate) ? topics[mate] : undefined;
  return known?.() ?? given.replace(/^questions about /, '');
}

export function examplesOf(mate: string): string[] {
  return (Object.hasOwn(examples, mate) ? (examples[mate] ?? []) : []).map((words) => words());
}

export function nameOf(mate: string | null, mates: readonly Mate[]): string {
  if (mate === null) return m.chat_stage_someone();
  return mates.find((each) => each.mate === mate)?.name ?? capitalised(mate);
}

/** Who answers a turn, as far as it is known. */
export function answererOf(turn: TurnView, mates: readonly Mate[]): string {
  return turn.mateName ?? nameOf(turn.mate, mates);
}

function capitalised(mate: string): string {
  return mate.charAt(0).toUpperCase() + mate.slice(1);
}
