// What can be done anywhere in the app, for the palette and the keyboard.
import { goto } from '$app/navigation';
import { m } from '$lib/paraglide/messages';
import { commands, type Command } from '$lib/state/commands.svelte';
import { preferences, type Theme } from '$lib/state/preferences.svelte';
import { session } from '$lib/state/session.svelte';

interface Ways {
  newChat: () => void;
  toggleSideBar: () => void;
  signOut: () => void;
}

export function appCommands({ newChat, toggleSideBar, signOut }: Ways): Command[] {
  const goTo = m.app_section_go();
  const app = m.app_section_app();
  const theme = (value: Theme, label: string, icon: Command['icon'] & string): Command => ({
    id: `theme ${value}`,
    label,
    section: app,
    icon,
    run: () => void (preferences.theme = value),
  });
  return [
    {
      id: 'new chat',
      label: m.app_command_new_chat(),
      section: goTo,
      icon: 'new-chat',
      shortcut: 'mod+shift+o',
      run: newChat,
    },
    {
      id: 'settings',
      label: m.app_command_settings(),
      section: goTo,
      icon: 'settings',
      shortcut: 'mod+,',
      run: () => goto('/settings'),
    },
    {
      id: 'palette',
      label: m.app_command_palette(),
      section: app,
      icon: 'search',
      shortcut: 'mod+k',
      run: () => void (commands.palette = true),
    },
    {
      id: 'side bar',
      label: m.app_command_side_bar(),
      section: app,
      icon: 'side-bar',
      shortcut: 'mod+b',
      run: toggleSideBar,
    },
    {
      id: 'shortcuts',
      label: m.app_command_shortcuts(),
      section: app,
      icon: 'keyboard',
      shortcut: '?',
      run: () => void (commands.shortcuts = true),
    },
    theme('light', m.app_command_theme_light(), 'sun'),
    theme('dark', m.app_command_theme_dark(), 'moon'),
    theme('system', m.app_command_theme_system(), 'device'),
    { id: 'lock', label: m.app_command_lock(), section: app, icon: 'lock', run: () => session.lock() },
    { id: 'log out', label: m.app_command_log_out(), section: app, icon: 'sign-out', run: signOut },
  ];
}
