// Lets a text field grow with its text where the browser's `field-sizing` doesn't do it.

export function growing(element: HTMLTextAreaElement): (() => void) | undefined {
  if (CSS.supports('field-sizing', 'content')) return undefined;
  const fit = () => {
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  };
  fit();
  element.addEventListener('input', fit);
  return () => element.removeEventListener('input', fit);
}
