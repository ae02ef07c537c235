// The sections of the settings, in their order, by the name in their address.
import type { IconName } from '$lib/components/base/icons';
import { m } from '$lib/paraglide/messages';

export const sections = {
  appearance: { icon: 'palette', title: m.settings_appearance },
  language: { icon: 'globe', title: m.settings_language },
  account: { icon: 'user', title: m.settings_account },
  ways: { icon: 'key', title: m.ways_in },
  usage: { icon: 'coins', title: m.settings_usage },
  data: { icon: 'download', title: m.settings_data },
  privacy: { icon: 'shield', title: m.settings_privacy },
  erase: { icon: 'trash', title: m.settings_erase },
} as const satisfies Record<string, { icon: IconName; title: () => string }>;

export type SectionName = keyof typeof sections;

export function isSection(name: string): name is SectionName {
  return Object.hasOwn(sections, name);
}
