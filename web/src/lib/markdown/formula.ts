// Sets formulas as MathML, which the browser draws itself; loaded when the first formula shows up.
import type { KatexOptions } from 'katex';

interface Setter {
  render(source: string, element: HTMLElement, options: KatexOptions): void;
}

/** What a formula may do is bounded: no links or pictures, no endless macros, no giant boxes, no words in the console. */
const options: KatexOptions = {
  output: 'mathml',
  throwOnError: true,
  trust: false,
  strict: 'ignore',
  errorColor: 'currentColor',
  maxExpand: 300,
  maxSize: 20,
};

let setter: Setter | null = null;
let loading: Promise<Setter> | null = null;

/** Draws into the element; if it isn't a formula after all, its source is shown. Gives a way to abandon it. */
export function setFormula(element: HTMLElement, source: string, display: boolean): () => void {
  if (setter !== null) {
    draw(setter, element, source, display);
    return () => undefined;
  }
  let wanted = true;
  element.textContent = source;
  loading ??= import('katex').then((module) => (setter = module.default));
  loading.then(
    (loaded) => {
      if (wanted) draw(loaded, element, source, display);
    },
    () => {
      // Offline without it: the source stays, and the next formula tries again.
      loading = null;
    },
  );
  return () => {
    wanted = false;
  };
}

function draw(katex: Setter, element: HTMLElement, source: string, display: boolean): void {
  try {
    katex.render(source, element, { ...options, displayMode: display });
    delete element.dataset['plain'];
  } catch {
    element.textContent = source;
    element.dataset['plain'] = '';
  }
}
