// Which section is meant; a name that is none is nowhere.
import { error } from '@sveltejs/kit';
import { isSection, type SectionName } from '$lib/components/settings/sections';

export function load({ params }: { params: { section: string } }): { section: SectionName } {
  if (!isSection(params.section)) error(404);
  return { section: params.section };
}
