// The costs of stretching a password, compiled in: a server can name a profile but never weaken one.

export const KDF_PROFILES = {
  1: { memoryKib: 65_536, passes: 3, lanes: 1, bytes: 64 },
} as const;

export type KdfProfile = keyof typeof KDF_PROFILES;

export function isKdfProfile(profile: number): profile is KdfProfile {
  return Object.hasOwn(KDF_PROFILES, profile);
}
