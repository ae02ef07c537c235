// How long a new password would withstand guessing; the word lists for it are loaded when a password is chosen.

/** 0 (guessed at once) to 4 (not guessed in any time that matters). */
export type Strength = 0 | 1 | 2 | 3 | 4;

export interface StrengthMeter {
  strengthOf(password: string, email: string): Strength;
}

let loading: Promise<StrengthMeter> | null = null;

export function loadStrengthMeter(): Promise<StrengthMeter> {
  loading ??= load().catch((error: unknown) => {
    loading = null; // the next password may find the network back
    throw error;
  });
  return loading;
}

async function load(): Promise<StrengthMeter> {
  const [{ ZxcvbnFactory }, common] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  const estimator = new ZxcvbnFactory({
    dictionary: common.dictionary,
    graphs: common.adjacencyGraphs,
    maxLength: 64, // beyond that only time would be lost: it is strong
  });
  return {
    strengthOf: (password, email) =>
      estimator.check(password, ['sealmate', email, ...email.split(/[@.]/)]).score,
  };
}
