// How this browser is called where devices are listed.
import { m } from '$lib/paraglide/messages';
import { deviceName, type BrowserSays } from './device_name';

export function thisDevice(): string {
  return deviceName(navigator as BrowserSays, (browser, system) => m.auth_device_name({ browser, system }));
}
