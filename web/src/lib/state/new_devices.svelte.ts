// Devices that signed in for the first time and that nobody has said yes or no to: asked about here until somebody has.
import { NewDevices as Listed } from '$lib/wire/http';
import { ApiError, api, type Api } from './api';

export type NewDevice = Listed['devices'][number];

export class NewDevices {
  list = $state.raw<readonly NewDevice[]>([]);

  constructor(private readonly api: Api) {}

  /** Whenever the line stands anew, and when the server tells of one. */
  async load(): Promise<void> {
    try {
      this.list = (await this.api.get(Listed, '/account/devices/new')).devices;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** Not mine: its sessions end at once. Answered elsewhere meanwhile is answered. ApiError `step_up_needed` where this device is new itself. */
  async answer(device: NewDevice, mine: boolean): Promise<void> {
    const path = `/account/devices/${device.device_id}/answer`;
    try {
      await this.api.post(null, path, { mine });
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'device_not_found')) throw error;
    }
    this.list = this.list.filter((each) => each.device_id !== device.device_id);
  }

  clear(): void {
    this.list = [];
  }
}

export const newDevices = new NewDevices(api);
