// What the headings between rows say, months in the words of the language.
import { m } from '$lib/paraglide/messages';
import type { Heading } from './rows';

export function headingText(heading: Heading, now: Date, locale: string): string {
  switch (heading.kind) {
    case 'pinned':
      return m.sidebar_pinned();
    case 'folders':
      return m.sidebar_folders();
    case 'today':
      return m.sidebar_today();
    case 'yesterday':
      return m.sidebar_yesterday();
    case 'week':
      return m.sidebar_week();
    case 'month':
      return m.sidebar_month();
    case 'named':
      return new Intl.DateTimeFormat(locale, {
        month: 'long',
        ...(heading.year === now.getFullYear() ? {} : { year: 'numeric' }),
      }).format(new Date(heading.year, heading.month, 1));
  }
}
